# Two commands: `make book` builds the book, `make test` tests everything a change can break.
# Everything else here serves these two. On Windows without make, see README.md.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# Hundreds of Pythons start in a build and in the tests. Some containers tell Python to keep no bytecode; each would then compile the
# project's own code anew, which takes longer than most commands.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help book pdf spark test test-everything test-quick check types lock clean

help:
	@echo "make book    build the book; prints the path of its first page"
	@echo "make pdf     the book on paper (whole and by part) and as EPUB; prints the paths of the files"
	@echo "make test    run the tests"
	@echo "make test-everything   run what 'make test' leaves out: every country, every page in every colour and width"
	@echo "make test-quick        run the tests of the library and of the run alone"
	@echo "make check   the quick checks of a contributor: ruff, notebooks' form, the walls between packages, types"
	@echo "make types   let mypy read the code"
	@echo "make spark   fetch Spark for its test, half a gigabyte; it needs Java 17 or newer"
	@echo "make lock    write requirements.txt again from pyproject.toml"
	@echo "make clean   remove what was built (keeps the environment)"

book: $(VENV)/.ready
	@$(BIN)/cleanworks book

pdf: $(VENV)/.ready
	@$(BIN)/cleanworks pdf
	@$(BIN)/cleanworks epub

test: $(VENV)/.ready
	@$(BIN)/python -m pytest -n 2 --dist worksteal

test-everything: $(VENV)/.ready
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m everything

test-quick: $(VENV)/.ready
	@$(BIN)/python -m pytest -n 2 --dist worksteal tests/city tests/construction tests/integrity tests/profiles tests/standards tests/workshop/run

check: $(VENV)/.ready
	@$(BIN)/ruff check cleanworks tests benchmarks
	@$(BIN)/ruff format --check --quiet cleanworks tests benchmarks || { echo "Some files are not in the project's form: $(BIN)/ruff format cleanworks tests benchmarks"; exit 1; }
	@$(BIN)/cleanworks lint
	@$(BIN)/lint-imports
	@$(BIN)/python -m mypy

types: $(VENV)/.ready
	@$(BIN)/python -m mypy

# Half a gigabyte in a folder of its own, where tests/data/test_cluster.py looks for it.
spark: $(VENV)/.ready
	@[ -d _build/spark ] || { rm -rf _build/spark.new; $(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--target _build/spark.new "pyspark>=4,<5" && mv _build/spark.new _build/spark; }
	@echo "Spark is in _build/spark."

# One file for Linux, macOS, Windows and Python 3.11 to 3.13, and one version of each package for all of them where there is one:
# learners side by side must see the same numbers. `uv` is the only extra tool it needs.
lock:
	uv pip compile pyproject.toml --extra book --extra analysis --extra kit --extra test --universal --python-version 3.11 --fork-strategy fewest \
		--no-header --no-annotate -o requirements.txt --upgrade

clean:
	rm -rf _build

$(VENV)/.ready: requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing. Install Python 3.11, 3.12 or 3.13 and run this again (or: make PYTHON=/path/to/python $(MAKECMDGOALS))."; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "This Python is too old: CleanWorks needs 3.11 or newer. Say which one to use: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "This Python has no venv module. On Debian and Ubuntu: apt install python3-venv"; exit 2; }
	@echo "Making the Python environment in $(VENV), once; $$(grep -c == requirements.txt) packages are fetched and unpacked."
	@$(PYTHON) -m venv $(VENV)
	@{ $(BIN)/python -m pip install --progress-bar off --disable-pip-version-check -r requirements.txt || echo "NOT INSTALLED"; } | $(BIN)/python -c "$$NARRATE" \
		|| { echo "Some packages could not be installed. The lines above say which; is there a connection to the package index, or a folder of wheels (PIP_FIND_LINKS)?"; exit 2; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# What pip says, in a few lines, and a sign of life every ten seconds.
define NARRATE
import sys, threading, time
begun, found, doing, failed = time.monotonic(), 0, "looking for packages", False
def say(text):
    print(f"  {time.monotonic() - begun:4.0f} s  {text}", flush=True)
def live():
    while True:
        time.sleep(10)
        say(f"{doing}, {found} found" if doing.startswith("looking") else doing)
threading.Thread(target=live, daemon=True).start()
for line in sys.stdin:
    found += line.startswith("Collecting")
    failed = failed or line.startswith("NOT INSTALLED")
    if line.startswith("Installing collected"):
        doing = "unpacking, the longest step"
        say(f"{found} packages are here; {doing}")
    if line.startswith("Successfully installed"):
        say("Installed. The command is $(BIN)/cleanworks.")
sys.exit(failed)
endef
export NARRATE
