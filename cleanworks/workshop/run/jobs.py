"""What is to be run: one job per notebook, and the options of a whole run.

Little is imported here, so that a run with nothing to do starts in no time.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleanworks.workshop.files import checked_content, notebook_content, read_text

if TYPE_CHECKING:
    from .kernels.server_process import KernelServer

# Seconds that stand for "no limit": a week, since some waits count milliseconds in 31 bits.
UNLIMITED = 604_800.0
# Tags that change what is executed, whatever the notebook is used for.
MAY_RAISE = "raises-exception"
NOT_EXECUTED = "skip-execution"


@dataclass(frozen=True)
class Skip:
    """A lesson that is not run for now: why, and until when. It fails after that day."""

    reason: str
    until: datetime.date


@dataclass(frozen=True)
class Job:
    """One notebook to execute.

    Attributes
    ----------
    name : str
        Unique name, as typed on the command line (``c6``, ``c6-exercises``).
    notebook : Path or mapping
        A ``.ipynb`` file (nbformat 4), or its content as an nbformat node.
    workdir : Path, optional
        Folder the cells run in. The notebook's own folder if not given.
    data : sequence of Path
        Files and folders that the cells read. Their bytes are part of the cache key.
    roots : sequence of Path
        Folders that hold the course's own Python modules, as they stand on ``sys.path``. What the cells import from
        there is part of the cache key. The working directory is always one of them.
    timeout : float, optional
        Seconds of wall time for the whole notebook. The run's default if not given.
    cell_timeout : float, optional
        Seconds of wall time for each cell; the whole notebook may then take that long for each of its cells.
    declares : bool
        False where the notebook has no place to declare what it reads, so that nobody is asked to.
    seconds, megabytes : float, optional
        Budgets: CPU time and peak memory. Exceeding one fails the lesson.
    skip : Skip, optional
    target : str, optional
        Where the executed copy goes, relative to the run's output folder.
    read : callable, optional
        Makes the content of a notebook from the text of its file, for notebooks that are not written as JSON.
    """

    name: str
    notebook: Path | Mapping[str, Any]
    workdir: Path | None = None
    data: Sequence[Path] = ()
    roots: Sequence[Path] = ()
    timeout: float | None = None
    cell_timeout: float | None = None
    declares: bool = True
    seconds: float | None = None
    megabytes: float | None = None
    skip: Skip | None = None
    target: str | None = None
    read: Callable[[str], dict[str, Any]] | None = None

    @property
    def path(self) -> Path | None:
        return self.notebook if isinstance(self.notebook, Path) else None

    @property
    def folder(self) -> Path:
        if self.workdir is not None:
            return Path(self.workdir)
        return self.path.parent if self.path is not None else Path.cwd()


class Listener:
    """What a progress display hears; here it does nothing. Every method may be called at any time from the main process."""

    def begin(self, expected: Mapping[str, float | None], total: int, workers: int) -> None:
        """`expected` are the notebooks to execute and the seconds each took last time; `total` counts the unchanged too."""

    def note(self, text: str) -> None: ...
    def started(self, name: str, reason: str) -> None: ...
    def finished(self, result: Any) -> None: ...
    def tick(self) -> None: ...
    def end(self) -> None: ...


_MANY = 6


def is_many(lessons: int) -> bool:
    """Whether it pays for so many lessons to prepare what they share."""
    return lessons >= _MANY


@dataclass(frozen=True)
class RunOptions:
    """Options of a run.

    Attributes
    ----------
    root : Path
        The course's folder; paths in messages are relative to it.
    out, cache : Path, optional
        Folder of the executed copies and of the cache: ``_build/executed`` and ``_build/cache`` under `root`.
    shared : str
        Folder or address (fsspec) of results that several machines share; looked into where the own cache has nothing.
    workers : int, optional
        Lessons at a time; as many as there are cores if not given.
    fresh : bool
        A fresh Python for every lesson instead of a fork of one that has the libraries loaded.
    server : kernels.server_process.KernelServer, optional
        Takes its workers from this one, which may serve several runs; the run starts one of its own if not given.
    force : bool
        Execute everything, whatever the cache holds.
    strict : bool
        A lesson fails by what fails in it without failing its cell: a ``!command``, a thread.
    inputs : sequence of Path
        Files that every result depends on: the lock file, the profile.
    environment : mapping
        Environment variables for the cells; part of every cache key.
    preload : sequence of str
        Modules that the warm parent imports before it forks. One that is missing is left out. Of ``module:make>keep`` the first
        function makes something for all, in a process of its own, and the second is handed it, when there are enough lessons
        to share it.
    timeout : float
        Seconds of wall time for a lesson that names no limit of its own.
    reverse : bool
        Shortest lesson first instead of longest first.
    hash_seed : int
        ``PYTHONHASHSEED`` of the kernels. Fixed, so that two runs agree; `twice` takes another.
    memory_limit : float
        Megabytes that one lesson may take before it is stopped.
    file_limit : float
        Megabytes that one lesson may write before it is stopped.
    output_limit : float
        Megabytes of output of one lesson; more is cut off and fails it.
    output_count : int
        Outputs of one lesson (figures, tables, values); more are cut off and fail it.
    memory_reserve : float
        Megabytes of memory to leave free: fewer lessons run at a time, rather than taking the last of it.
    rerun : str
        The command that runs one lesson alone; ``{name}`` stands for its name.
    today : date, optional
        The day on which skips are judged.
    """

    root: Path = field(default_factory=Path.cwd)
    out: Path | None = None
    cache: Path | None = None
    shared: str = ""
    workers: int | None = None
    fresh: bool = False
    server: KernelServer | None = None
    force: bool = False
    strict: bool = False
    inputs: Sequence[Path] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    preload: Sequence[str] = ("numpy", "pandas", "matplotlib.pyplot")
    timeout: float = 300.0
    reverse: bool = False
    hash_seed: int = 0
    memory_limit: float = 4096.0
    file_limit: float = 1024.0
    output_limit: float = 20.0
    output_count: int = 2000
    memory_reserve: float = 500.0
    rerun: str = "cleanworks run {name}"
    today: datetime.date | None = None

    def preloaded(self, lessons: int = _MANY, imported: Collection[str] = ()) -> list[str]:
        """What to load before this many lessons whose cells import these names.

        What only many share would make a few wait: before them, only what they import themselves is loaded.
        """
        return [name for name in self.preload if is_many(lessons) or name in imported]

    @property
    def out_folder(self) -> Path:
        return Path(self.out) if self.out is not None else Path(self.root) / "_build" / "executed"

    @property
    def failed_folder(self) -> Path:
        """What failed lessons got to: beside the good copies, never among them."""
        return self.out_folder.with_name(f"{self.out_folder.name}-failed")

    @property
    def cache_folder(self) -> Path:
        return Path(self.cache) if self.cache is not None else Path(self.root) / "_build" / "cache"


@dataclass(frozen=True)
class Source:
    """A notebook as read: its text, its content and the code cells in order.

    `digest_text` is what the cache key takes from a cell.
    """

    content: dict[str, Any]
    text: str | None

    @property
    def cells(self) -> list[dict[str, Any]]:
        return self.content["cells"]

    @property
    def code_cells(self) -> list[tuple[int, dict[str, Any]]]:
        return [(i, cell) for i, cell in enumerate(self.cells) if cell["cell_type"] == "code"]


def source_of(cell: Mapping[str, Any]) -> str:
    """A cell's text: notebooks store it as one string or as a list of lines."""
    text = cell.get("source", "")
    return text if isinstance(text, str) else "".join(text)


def tags_of(cell: Mapping[str, Any]) -> list[str]:
    return list(cell.get("metadata", {}).get("tags", []))


def read_source(job: Job) -> Source:
    """Read a job's notebook.

    Raises
    ------
    InputError
        The file is missing, is not JSON, or is not a version 4 notebook.
    """
    if job.read is not None and job.path is not None:
        text = read_text(job.path, "The notebook")
        content = job.read(text)
    elif job.path is not None:
        text = read_text(job.path, "The notebook")
        content = notebook_content(text, str(job.path))
    else:
        text, content = None, checked_content(json.loads(json.dumps(job.notebook)), job.name)
    return Source(content, text)
