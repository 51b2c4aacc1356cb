"""How long all lessons and exercise sets take, by our runner and by others, on the same machine in the same minutes.

    python benchmarks/run_vs_peers.py [--rounds 5] [--only warm,nbmake] [--course FOLDER] [--page book/how-it-works.md]

The runners live in an environment of their own (``_build/peers``), made at the first use from requirements.txt, papermill and nbmake.
Every measurement executes everything (cold), in a copy of the course. Rounds are interleaved, the order changes with each round, and
medians are given, so that a neighbour's load falls on all alike. CPU is user and system time of the runner with all its
children. Memory is looked at in a round of its own, since to look takes time from whoever has many processes. The floor is what physics leaves: all cells, one after the other, in one process that has the libraries loaded, as
CPU time divided by the cores; imports are paid once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "_build" / "peers"
SKIPPED = shutil.ignore_patterns("_build", ".venv", ".git", "*.egg-info", "__pycache__", ".*_cache", "tests")
MARKS = "<!-- run_vs_peers: begin -->", "<!-- run_vs_peers: end -->"

FLOOR = """
import importlib, json, os, sys, time
from pathlib import Path
preload, paths = json.loads(sys.argv[1]), sys.argv[2:]
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
class Shell(InteractiveShell):
    def enable_gui(self, gui=None): pass
shell = Shell.instance()
for name in preload:
    importlib.import_module(name.partition(":")[0])
from matplotlib_inline.backend_inline import configure_inline_support, flush_figures
shell.run_line_magic("matplotlib", "inline")
failed = 0
for path in map(Path, paths):
    cells = [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
    os.chdir(path.parent)
    shell.reset(new_session=True)
    for cell in cells:
        with capture_output():
            result = shell.run_cell("".join(cell["source"]), store_history=True)
        failed += not result.success and "raises-exception" not in cell["metadata"].get("tags", [])
sys.exit(bool(failed))
"""


@dataclass(frozen=True)
class Measurement:
    """Seconds of wall and CPU time, and the peak of memory (proportional set size of all processes) in megabytes.

    Some lessons start a browser that prints a page; `megabytes` counts it, `own` does not.
    """

    wall: float
    cpu: float
    megabytes: float
    own: float


@dataclass(frozen=True)
class Runner:
    """A contestant: its name in the table, and the commands that execute all notebooks one after the other."""

    name: str
    title: str
    commands: Callable[[Path, Sequence[Path]], list[list[str]]]


def tool(name: str) -> str:
    return str(PEERS / ("Scripts" if os.name == "nt" else "bin") / name)


def runners(cores: int, preload: Sequence[str]) -> list[Runner]:
    def cleanworks(*more: str) -> Callable[[Path, Sequence[Path]], list[list[str]]]:
        return lambda root, paths: [[tool("cleanworks"), "run", "--force", "--jobs", str(cores), *more]]

    return [
        Runner("warm", f"CleanWorks, {cores} at a time", cleanworks()),
        Runner("fresh", f"CleanWorks, fresh kernels, {cores} at a time", cleanworks("--fresh")),
        Runner("nbmake", f"nbmake, {cores} at a time", lambda root, paths: [
            [tool("python"), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbmake", "-n", str(cores), *map(str, paths)]]),
        Runner("papermill", "papermill, one call per notebook", lambda root, paths: [
            [tool("papermill"), "--cwd", str(path.parent), str(without_errors(path, root)), str(root / "out.ipynb"), "--no-progress-bar"]
            for path in paths]),
        Runner("execute", "jupyter execute", lambda root, paths: [[tool("jupyter"), "execute", *map(str, paths)]]),
        Runner("book", "Jupyter Book's own execution, pages included", lambda root, paths: [
            [tool("jupyter-book"), "build", "-q", "--all", str(root)]]),
        Runner("floor", "floor: cells alone, CPU divided by cores", lambda root, paths: [
            [tool("python"), "-c", FLOOR, json.dumps(list(preload)), *map(str, paths)]]),
    ]  # fmt: skip


def without_errors(path: Path, root: Path) -> Path:
    """A copy without the cells that show an error message on purpose: papermill does not know their tag and stops there."""
    content = json.loads(path.read_text(encoding="utf-8"))
    content["cells"] = [
        cell for cell in content["cells"] if "raises-exception" not in cell["metadata"].get("tags", [])
    ]
    copy = root.parent / "papermill" / path.relative_to(root)
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(json.dumps(content), encoding="utf-8")
    return copy


def prepare_peers() -> None:
    """Make the environment of the runners, once."""
    if Path(tool("papermill")).exists() and Path(tool("cleanworks")).exists():
        return
    print(f"Making the runners' environment in {PEERS}", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", str(PEERS)], check=True)
    install = [tool("python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*install, "-r", str(ROOT / "requirements.txt"), "papermill", "nbmake"], check=True)
    subprocess.run([*install, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], check=True)


def measure(commands: Sequence[Sequence[str]], root: Path, memory: bool = False) -> Measurement:
    """Run the commands in a copy of the course and add up what they take; megabytes are 0 unless `memory` is looked at.

    Raises
    ------
    RuntimeError
        One of them failed: a runner that does less than all is not compared.
    """
    path = str(Path(tool("python")).parent) + os.pathsep + os.environ["PATH"]
    environment = {**os.environ, "PATH": path, "PYTHONPATH": ""}
    # Modules are compiled once, as on anybody's machine.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    wall = cpu = peak = own = 0.0
    # Cold: no results, and no recorded times either.
    shutil.rmtree(root / "_build", ignore_errors=True)
    for command in commands:
        begun = time.monotonic()
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                command, cwd=root, env=environment, stdout=output, stderr=subprocess.STDOUT
            )
            seen = [(0.0, 0.0)]
            watcher = threading.Thread(target=watch, args=(process.pid, seen), daemon=True)
            if memory:
                watcher.start()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            wall += time.monotonic() - begun
            if process.returncode:
                output.seek(0)
                text = output.read().decode("utf-8", "replace")[-3000:]
                raise RuntimeError(f"{' '.join(command)[:200]} failed:\n{text}")
        cpu += usage.ru_utime + usage.ru_stime
        if memory:
            watcher.join()
        peak, own = max(peak, *(one for one, _ in seen)), max(own, *(one for _, one in seen))
    return Measurement(wall, cpu, peak, own)


def watch(pid: int, seen: list[tuple[float, float]]) -> None:
    """Note the memory of a process and its descendants once a second until it ends, with and without browsers."""
    import psutil

    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            total = browsers = 0.0
            for one in [process, *process.children(recursive=True)]:
                with contextlib.suppress(psutil.Error, AttributeError):
                    size, name = one.memory_full_info().pss / 1e6, one.name().lower()
                    total += size
                    browsers += size if name.startswith(("chrom", "msedge", "google-chrome")) else 0.0
            seen.append((total, total - browsers))
            time.sleep(1.0)


def rounds(
    chosen: Sequence[Runner], root: Path, paths: Sequence[Path], number: int
) -> dict[str, list[Measurement]]:
    found: dict[str, list[Measurement]] = {runner.name: [] for runner in chosen}
    for round_ in range(number):
        # Another order each time: nobody always runs after the same neighbour.
        turn = round_ % len(chosen)
        for runner in [*chosen[turn:], *chosen[:turn]]:
            result = measure(runner.commands(root, paths), root)
            found[runner.name].append(result)
            print(f"round {round_ + 1} {runner.name:10} wall {result.wall:6.1f} s  CPU {result.cpu:6.1f} s",
                  file=sys.stderr, flush=True)  # fmt: skip
    for runner in chosen:
        seen = measure(runner.commands(root, paths), root, memory=True)
        print(f"memory  {runner.name:10} {seen.megabytes:5.0f} MB  {seen.own:5.0f} MB", file=sys.stderr, flush=True)  # fmt: skip
        found[runner.name] = [
            replace(one, megabytes=seen.megabytes, own=seen.own) for one in found[runner.name]
        ]
    return found


def table(
    chosen: Sequence[Runner], found: dict[str, list[Measurement]], cores: int
) -> tuple[str, dict[str, float]]:
    """The result as a Markdown table, and the wall seconds of each runner (the floor's are CPU divided by cores)."""
    wall, lines = {}, []
    floor = statistics.median(one.cpu for one in found["floor"]) / cores if found.get("floor") else None
    for runner in chosen:
        results = found[runner.name]
        cpu = statistics.median(one.cpu for one in results)
        wall[runner.name] = (
            cpu / cores if runner.name == "floor" else statistics.median(one.wall for one in results)
        )
        memory = [statistics.median(getattr(one, name) for one in results) for name in ("megabytes", "own")]
        ratio = f"{wall[runner.name] / floor:.2f}" if floor else "-"
        lines.append(
            f"| {runner.title} | {wall[runner.name]:.1f} | {cpu:.1f} | {ratio} | {memory[0]:.0f} | {memory[1]:.0f} |"
        )
    head = (
        "| runner | wall, s | CPU, s | wall / floor | peak memory, MB | without browsers, MB |\n"
        "|---|---:|---:|---:|---:|---:|"
    )
    return "\n".join([head, *lines]), wall


def draw(chosen: Sequence[Runner], wall: dict[str, float], target: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    ordered = sorted(chosen, key=lambda runner: wall[runner.name], reverse=True)
    figure, axes = pyplot.subplots(figsize=(7.2, 0.5 + 0.45 * len(ordered)))
    colours = ["#0072B2" if runner.name in ("warm", "fresh") else "#B0B0B0" for runner in ordered]
    bars = axes.barh(
        [runner.title for runner in ordered], [wall[runner.name] for runner in ordered], color=colours
    )
    axes.bar_label(bars, fmt="%.0f s", padding=3)
    axes.set_xlabel("Wall time to execute all lessons and exercise sets, seconds")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(target, bbox_inches="tight", metadata={"Date": None})


def write_page(page: Path, text: str) -> None:
    """Put the text between the marks of a page; at its end if it has none."""
    begin, end = MARKS
    content = page.read_text(encoding="utf-8")
    block = f"{begin}\n{text}\n{end}"
    if begin in content and end in content:
        content = content[: content.index(begin)] + block + content[content.index(end) + len(end) :]
    else:
        content = content.rstrip() + f"\n\n## Speed\n\n{block}\n"
    page.write_text(content, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", help="names of runners, separated by commas; the floor is always measured")
    parser.add_argument("--course", type=Path, default=ROOT)
    parser.add_argument("--page", type=Path, help="page of the book to write the table and the figure into")
    options = parser.parse_args()
    prepare_peers()

    from cleanworks.workshop.catalogue import Course

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="cw-") as folder:
        root = Path(folder).resolve() / "course"
        shutil.copytree(options.course, root, ignore=SKIPPED)
        course = Course.load(root)
        paths = [entry.path for entry in course.notebooks]
        names = {*options.only.split(","), "floor"} if options.only else None
        chosen = [
            one for one in runners(cores, course.settings.preload) if names is None or one.name in names
        ]
        found = rounds(chosen, root, paths, options.rounds)
    text, wall = table(chosen, found, cores)
    note = f"{len(paths)} notebooks, {cores} cores, medians of {options.rounds} interleaved rounds, nothing cached; memory of one more round."
    print(f"{note}\n\n{text}")
    if options.page:
        picture = options.page.parent / "assets" / "run-vs-peers.svg"
        draw(chosen, wall, picture)
        alt = "Bar chart of the wall time of each runner; the table below has the same numbers"
        write_page(
            options.page,
            f"{note}\n\n```{{image}} assets/{picture.name}\n:alt: {alt}\n:class: cw-picture\n```\n\n{text}",
        )


if __name__ == "__main__":
    main()
