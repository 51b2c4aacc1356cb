# Two commands: `make book` builds the book, `make test` runs every test.
# Everything else here serves these two. On Windows without make, see README.md.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: help book pdf test check lock clean

help:
	@echo "make book    build the book; prints the path of its first page"
	@echo "make pdf     the book on paper (whole and by part) and as EPUB; prints the paths of the files"
	@echo "make test    run every test"
	@echo "make check   the quick checks of a contributor: ruff, notebooks' form, the walls between packages"
	@echo "make lock    write requirements.txt again from pyproject.toml"
	@echo "make clean   remove what was built (keeps the environment)"

book: $(VENV)/.ready
	@$(BIN)/cleanworks book

pdf: $(VENV)/.ready
	@$(BIN)/cleanworks pdf
	@$(BIN)/cleanworks epub

test: $(VENV)/.ready
	@$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(VENV)/.ready
	@$(BIN)/ruff check cleanworks tests benchmarks
	@$(BIN)/cleanworks lint
	@$(BIN)/lint-imports

# One file for Linux, macOS, Windows and Python 3.11 to 3.13; `uv` is the only extra tool it needs.
lock:
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
		--no-header --no-annotate -o requirements.txt --upgrade

clean:
	rm -rf _build

$(VENV)/.ready: requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing. Install Python 3.11, 3.12 or 3.13 and run this again (or: make PYTHON=/path/to/python $(MAKECMDGOALS))."; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "This Python is too old: CleanWorks needs 3.11 or newer. Say which one to use: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "This Python has no venv module. On Debian and Ubuntu: apt install python3-venv"; exit 2; }
	@echo "Making the Python environment in $(VENV) (about a minute, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt || { echo "Some packages could not be installed. The lines above say which; is there a connection to the package index, or a folder of wheels (PIP_FIND_LINKS)?"; exit 2; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
