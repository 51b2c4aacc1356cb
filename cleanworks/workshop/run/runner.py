"""A run from its jobs to its results: look up, execute what is missing, store, lay out the executed copies."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleanworks import scratch
from cleanworks.errors import InputError
from cleanworks.workshop.files import line_in_file, other_language, remove, write_whole
from cleanworks.workshop.imports import KNOWN_IMPORTS, Fingerprints, digest

from . import access
from .engine import METADATA, PIPE, choose
from .jobs import (
    MAY_RAISE,
    UNLIMITED,
    Job,
    Listener,
    RunOptions,
    Source,
    is_many,
    read_source,
    source_of,
    tags_of,
)
from .kernels.server_process import CAN_FORK
from .keys import Key, difference, lesson_key, local_modules, shared_pieces, shown
from .lesson_results import LANGUAGE, PASSING, CellTime, Failure, LessonResult, RunResult, Status
from .result_cache import Store

if TYPE_CHECKING:
    from .worker_outcome import Outcome, Task

# Runs that the trend of a lesson looks back on.
_HISTORY = 12
# Characters of a line of code that a message shows.
_CODE = 200
_IMPORTS, _COPIES = "imports", "copies"


@dataclass
class _Lesson:
    """A job on its way through the run."""

    job: Job
    source: Source
    key: Key
    modules: list[Path]
    last: Mapping[str, Any]
    reason: str = ""
    entry: dict[str, Any] = field(default_factory=dict)  # empty until there is a result
    cached: bool = False


def run_notebooks(
    jobs: Sequence[Job], options: RunOptions | None = None, listener: Listener | None = None
) -> RunResult:
    """Execute notebooks, or take their results from the cache where nothing they depend on has changed.

    Parameters
    ----------
    jobs : sequence of Job
    options : RunOptions, optional
    listener : Listener, optional
        Hears about progress.

    Returns
    -------
    RunResult
        One result per job, in the order of the jobs. The executed copies of lessons that passed lie in `options.out_folder`;
        what a failed lesson got to lies in `options.failed_folder`. An interrupted run (Ctrl-C) returns too, with
        `interrupted` set: what was finished is stored and whole.

    Raises
    ------
    InputError
        A notebook or a declared file is missing or malformed, two jobs share a name, or results cannot be written.
        Nothing has been executed then, except in the last case.
    """
    return _Run(jobs, options or RunOptions(), listener or Listener()).go()


def undeclared_reads(jobs: Sequence[Job], options: RunOptions) -> dict[str, list[str]]:
    """Files that notebooks read without declaring them, by notebook; seen when they were last executed as they are now.

    Nothing is executed: a notebook without a result in the cache is not in the answer.
    """
    run = _Run(jobs, options, Listener())
    found = {}
    for lesson in run.read():
        entry = run.store.get(lesson.key.value) or {}
        if lesson.job.declares and entry.get("undeclared"):
            found[lesson.job.name] = list(entry["undeclared"])
    return found


class _Run:
    def __init__(self, jobs: Sequence[Job], options: RunOptions, listener: Listener):
        self.jobs, self.options, self.listener = jobs, options, listener
        self.store = Store(options.cache_folder, options.shared)
        self.today = options.today or datetime.date.today()
        self.notes: list[str] = []
        self.results: dict[str, LessonResult] = {}
        self.workers = options.workers or cores()
        self.fresh = options.fresh or not CAN_FORK or choose().name != PIPE
        # What each version of each module imports never changes, so it is kept between runs.
        self.imports = self.store.get_named(_IMPORTS)
        KNOWN_IMPORTS.update(self.imports)
        self.prints = Fingerprints(self.imports)
        # Of each executed copy: what it was made of, and its own digest.
        self.copies = self.store.get_named(_COPIES)
        self._server: Any = ...

    def go(self) -> RunResult:
        begun = time.monotonic()
        _refuse_doubles(self.jobs)
        with contextlib.ExitStack() as self._open:
            if is_many(len(self.jobs)) and (self.options.force or self.store.is_new):
                # All of them must run: the libraries load while the notebooks are read.
                self._need_server()
            interrupted = self._read_and_execute()
        for lesson in self.lessons:
            if lesson.job.name not in self.results:
                self.results[lesson.job.name] = self._base(lesson, status="not run")
        if self.store.shared is not None and self.store.shared.trouble:
            self._note(self.store.shared.trouble)
        ordered = tuple(self.results[job.name] for job in self.jobs)
        kernel = "fresh" if self.fresh else "warm"
        return RunResult(
            ordered, time.monotonic() - begun, self.workers, kernel, tuple(self.notes), interrupted
        )

    def _read_and_execute(self) -> bool:
        """Returns whether it was interrupted."""
        known, copies = len(self.imports), dict(self.copies)
        self.lessons = self.read()
        if len(self.imports) > known:
            self.store.put_named(_IMPORTS, self.imports)
        scratch.sweep()  # also where nothing has to be executed: the one who was killed may have executed all
        todo = self._look_up()
        interrupted = False
        if todo:
            self.store.clear_left_overs()
            expected = {lesson.job.name: lesson.last.get("wall") for lesson in todo}
            self.listener.begin(expected, len(self.lessons), self.workers)
            try:
                self._execute(todo)
            except KeyboardInterrupt:
                interrupted = True
            finally:
                self.listener.end()
        if self.copies != copies:
            self.store.put_named(_COPIES, self.copies)
        return interrupted

    # Reading and looking up.
    def read(self) -> list[_Lesson]:
        """All lessons that are not skipped, with their keys."""
        return [lesson for lesson in map(self._read_one, self.jobs) if lesson is not None]

    def _read_one(self, job: Job) -> _Lesson | None:
        if job.skip is not None and self.today <= job.skip.until:
            why = f"{job.skip.reason} (until {job.skip.until.isoformat()})"
            self.results[job.name] = LessonResult(
                job.name, job.path, "skipped", skip_reason=why, rerun=self._rerun(job)
            )
            return None
        if not job.folder.is_dir():
            raise InputError(
                "The working directory does not exist.",
                where=str(job.folder),
                fix="Make it, or correct the notebook's folder.",
            )
        source = read_source(job)
        if source.code_cells and (language := other_language(source.content)):
            self._refuse_language(job, language)
            return None
        modules = local_modules(job, source, self.prints)
        key = self._key(job, source, modules, self.prints)
        return _Lesson(job, source, key, modules, self.store.last(job.name))

    def _refuse_language(self, job: Job, language: str) -> None:
        """One notebook of another language is a failure of its own, and no reason for the others not to run."""
        for folder in (self.options.out_folder, self.options.failed_folder):
            remove(folder / self._relative(job))  # of a time when it was Python
        message = (
            f"The notebook is written for {language}, and only Python is run: take it out of _toc.yml, "
            "or name it under `exclude_patterns` of `execute` in _config.yml."
        )
        failure = Failure(LANGUAGE, message)
        self.results[job.name] = LessonResult(job.name, job.path, "failed", failure=failure)

    def _look_up(self) -> list[_Lesson]:
        """Serve what the cache has; give back the rest, each with the reason why it must run."""
        todo = []
        for lesson in self.lessons:
            lesson.entry = {} if self.options.force else self.store.get(lesson.key.value) or {}
            # Undeclared files that are not what they were when this result was made.
            stale = access.changed(lesson.entry.get("undeclared", {}), self.options.root, self.prints)
            if lesson.entry and not stale:
                lesson.cached = True
                self._conclude(lesson)
            else:
                lesson.entry = {}
                lesson.reason = (
                    f"{', '.join(stale)} changed (read, but not declared)" if stale else self._reason(lesson)
                )
                todo.append(lesson)
        return todo

    def _reason(self, lesson: _Lesson) -> str:
        if self.options.force:
            return "forced"
        if not lesson.last:
            return "never run before"
        if lesson.last.get("key") != lesson.key.value:
            return (
                difference(lesson.last.get("pieces", {}), lesson.key.pieces)
                or "something it depends on changed"
            )
        kind = lesson.last.get("failure")
        if kind in PASSING:
            return f"it failed last time ({kind}), and that may have been the machine"
        return "its result is no longer in the cache"

    # Executing.
    def _execute(self, todo: list[_Lesson]) -> None:
        server = self._need_server(todo)
        with scratch.folder() as place:
            # The libraries load in the server's process while this one reads its own.
            from .kernels.kernel_settings import inherited
            from .memory import MemoryGuard
            from .pool import Pool

            options, variables = replace(self.options, server=None, fresh=self.fresh), inherited()
            ordered = longest_first(todo)
            by_index = dict(enumerate(reversed(ordered) if self.options.reverse else ordered))
            tasks = [
                self._task(index, lesson, options, variables, str(place))
                for index, lesson in by_index.items()
            ]
            known = {
                lesson.job.name: lesson.last["megabytes"] for lesson in todo if lesson.last.get("megabytes")
            }
            guard = MemoryGuard(self.options.memory_reserve, known)

            def started(task: Task) -> None:
                self.listener.started(task.name, by_index[task.index].reason)

            def finished(task: Task, outcome: Outcome) -> None:
                lesson = by_index[task.index]
                lesson.entry = self._entry(lesson, outcome)
                self._keep(lesson)
                self._conclude(lesson)
                self.listener.finished(self.results[lesson.job.name])

            def tick() -> None:
                for line in server.news() if server else ():
                    self._note(line)
                self.listener.tick()

            # No need to wait until the libraries are loaded: the first requests wait for the server in its queue.
            pool = Pool(self.workers, guard, server, self._note)
            pool.run(tasks, started, finished, tick)

    def _need_server(self, todo: Sequence[_Lesson] | None = None) -> Any:
        """The process that forks the workers, started at the first call; None where there is no fork."""
        if self._server is ...:
            self._server = self._open.enter_context(self._new_server(todo))
        return self._server

    def _new_server(self, todo: Sequence[_Lesson] | None) -> Any:
        from .kernels.server_process import KernelServer

        if self.options.server is not None:
            return contextlib.nullcontext(self.options.server)
        if CAN_FORK:
            count = len(self.jobs if todo is None else todo)
            if self.fresh and not self.options.fresh:
                self._note(f"Every notebook starts a fresh Python: {choose().why}.")
            preload = () if self.fresh else self.options.preloaded(count, self._imported(todo or ()))
            return KernelServer(
                preload,
                self.options.hash_seed,
                self.options.environment,
                warm=not self.fresh,
                lean=not is_many(count),
            )
        if not self.options.fresh:
            self._note("Kernels are not forked on this system: every notebook starts a fresh Python.")
        return contextlib.nullcontext()

    def _imported(self, lessons: Sequence[_Lesson]) -> set[str]:
        """Names that the cells import, and the modules beside them: what a package imports, it may import late or never."""
        codes = (cell["source"] for lesson in lessons for _, cell in lesson.source.code_cells)
        beside = {
            path
            for lesson in lessons
            for path in lesson.modules
            if path.suffix == ".py" and not (path.parent / "__init__.py").exists()
        }
        return {name for code in codes for name in self.prints.imports_of_cell(code)} | {
            name for path in beside for name in self.prints.imports(path)
        }

    def _task(
        self, index: int, lesson: _Lesson, options: RunOptions, variables: Mapping[str, str], place: str
    ) -> Task:
        from .worker_outcome import Task

        job = lesson.job
        limit = job.timeout or self.options.timeout
        if job.cell_timeout:
            limit = min(UNLIMITED, max(limit, job.cell_timeout * len(lesson.source.code_cells)))
        content, workdir = lesson.source.content, str(job.folder.resolve())
        return Task(index, job.name, content, workdir, limit, options, variables, place, job.cell_timeout)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
            self.listener.note(text)

    def _entry(self, lesson: _Lesson, outcome: Outcome) -> dict[str, Any]:
        """A result as it is stored: paths of files are the course's, so that the cache may move with it."""
        entry = dict(vars(outcome))
        # Tells this result from any other, even of the same cells: an executed copy says which one it shows.
        entry["made"] = uuid.uuid4().hex
        undeclared, written = access.opened(lesson.job, self.options, lesson.modules, entry.pop("accesses"))
        # Digests of now: if such a file changes later, the result is not served.
        entry["undeclared"] = access.digests(
            undeclared, self.options.root, Fingerprints(), entry.pop("begun")
        )
        entry["written"] = written
        return entry

    def _keep(self, lesson: _Lesson) -> None:
        """Store a new result, unless something it depends on was edited while it ran."""
        entry, key = lesson.entry, lesson.key
        failure = (entry.get("failure") or {}).get("kind")
        now = self._key_now(lesson)
        if now is None or now.value != key.value:
            what = difference(key.pieces, now.pieces) if now else ""
            self._note(
                f"{lesson.job.name}: while it ran, {what or 'something it depends on changed'}; it will run again next time."
            )
        elif failure not in PASSING:
            self.store.put(key.value, entry)
        else:
            self.store.drop(key.value)
        self.store.note(lesson.job.name, self._record(lesson, failure))

    def _record(self, lesson: _Lesson, failure: str | None) -> dict[str, Any]:
        """What the next run should know. Only a whole execution says how long a lesson takes."""
        entry, last = lesson.entry, lesson.last
        record = {"key": lesson.key.value, "pieces": lesson.key.pieces, "failure": failure}
        if failure is None:
            measured = {name: entry[name] for name in ("cpu", "wall", "megabytes")}
            history = [*last.get("history", []), round(entry["cpu"], 3)][-_HISTORY:]
            return {**record, **measured, "history": history}
        return {**last, **record}

    def _key(self, job: Job, source: Source, modules: list[Path], prints: Fingerprints) -> Key:
        return lesson_key(job, source, modules, self.options, prints, shared_pieces(self.options, prints))

    def _key_now(self, lesson: _Lesson) -> Key | None:
        """The key as it would be now; None if a file went away or broke in the meantime."""
        try:
            source = read_source(lesson.job)
            # What may change without a sign in those files: what lies in declared folders, what is installed.
            unseen = "installed packages" in lesson.key.pieces or any(map(os.path.isdir, lesson.job.data))
            if source == lesson.source and not unseen and self.prints.hold():
                return lesson.key
            prints = Fingerprints(self.imports, earlier=self.prints)
            return self._key(lesson.job, source, local_modules(lesson.job, source, prints), prints)
        except InputError:
            return None

    # Results.
    def _base(self, lesson: _Lesson, status: Status) -> LessonResult:
        return LessonResult(
            lesson.job.name, lesson.job.path, status, reason=lesson.reason, rerun=self._rerun(lesson.job)
        )

    def _rerun(self, job: Job) -> str:
        return self.options.rerun.format(name=job.name)

    def _conclude(self, lesson: _Lesson) -> None:
        """Turn a lesson's entry into its result and its executed copy."""
        entry, job = lesson.entry, lesson.job
        warnings = self._hidden(lesson)
        failure = self._failure(lesson) or over_budget(job, entry) or expired(job, self.today)
        if failure is None and warnings and self.options.strict:
            failure = warnings[0]
        good, bad = (
            folder / self._relative(job) for folder in (self.options.out_folder, self.options.failed_folder)
        )
        copy, other = (good, bad) if failure is None else (bad, good)
        self._lay_out(copy, lesson)
        # What lies there from an earlier state of the lesson would be read as its result.
        remove(other)
        ordinals = [(index, cell["id"]) for index, cell in lesson.source.code_cells]
        times = tuple(
            CellTime(i + 1, cell_id, cpu, wall)
            for (i, cell_id), (cpu, wall) in zip(ordinals, entry["times"], strict=False)
        )
        self.results[job.name] = replace(
            self._base(lesson, "passed" if failure is None else "failed"),
            cached=lesson.cached,
            failure=failure,
            executed=copy,
            cpu=entry["cpu"],
            wall=entry["wall"],
            megabytes=entry["megabytes"],
            cells=times,
            history=earlier(lesson),
            undeclared=tuple(entry["undeclared"]) if lesson.job.declares else (),
            written=tuple(entry["written"]),
            warnings=tuple(warnings),
            engine=entry.get("engine", ""),
        )

    def _lay_out(self, copy: Path, lesson: _Lesson) -> None:
        """Write the executed copy, unless the one that lies there was made from this source and this result."""
        text = lesson.source.text
        made_of = (
            [digest(text.encode("utf-8", "surrogatepass")), lesson.entry["made"]]
            if text is not None
            else None
        )
        *known, content = self.copies.get(str(copy), ("",))
        if known == made_of and content == _digest_of(copy):
            return
        data = executed_copy(lesson.source, lesson.entry)
        write_if_new(copy, data)
        if made_of is not None:
            self.copies[str(copy)] = [*made_of, digest(data)]

    def _failure(self, lesson: _Lesson) -> Failure | None:
        stored = lesson.entry.get("failure")
        if stored is None:
            return None
        if stored["position"] is None:
            return Failure(stored["kind"], stored["message"], details=tuple(stored["details"]))
        index, cell = lesson.source.code_cells[stored["position"]]
        line = stored["line"]
        lines = cell["source"].splitlines()
        code = lines[line - 1].strip()[:_CODE] if line and line <= len(lines) else None
        return Failure(
            stored["kind"],
            stored["message"],
            index + 1,
            cell["id"],
            line,
            code,
            tuple(stored["details"]),
            line_in_source(lesson.source, index, line or 1),
        )

    def _hidden(self, lesson: _Lesson) -> list[Failure]:
        """What failed without failing its cell, except in cells that may raise."""
        found = []
        places: dict[int, tuple[int, dict[str, Any]]] = {
            count: place
            for count, place in zip(lesson.entry["counts"], lesson.source.code_cells, strict=True)
            if count
        }
        for count, text in lesson.entry.get("hidden", ()):
            if count not in places:
                found.append(Failure("hidden", text))
                continue
            index, cell = places[count]
            if MAY_RAISE not in tags_of(cell):
                line = line_in_source(lesson.source, index, 1)
                found.append(Failure("hidden", text, index + 1, cell["id"], file_line=line))
        return found

    def _relative(self, job: Job) -> Path:
        if job.target is not None:
            return Path(job.target)
        if job.path is None:
            return Path(f"{job.name}.ipynb")
        relative = Path(shown(job.path, self.options.root))
        return Path(job.path.name) if relative.is_absolute() else relative


def cores() -> int:
    """Cores this process may use; a container may be given fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _refuse_doubles(jobs: Sequence[Job]) -> None:
    names = [job.name for job in jobs]
    for name in names:
        if names.count(name) > 1:
            raise InputError("Two notebooks have this name.", where=name, fix="Give one of them another id.")


def longest_first(lessons: Sequence[_Lesson]) -> list[_Lesson]:
    """The order in which two or more at a time finish earliest: the longest first, by what was recorded.

    A lesson without a record counts as long as its budget; without a budget it could be long, so it counts as the longest known one.
    Of several such the one with the most code goes first.
    """
    longest = max((lesson.last.get("wall") or 0.0 for lesson in lessons), default=0.0)

    def weight(lesson: _Lesson) -> tuple[float, bool, int]:
        known = lesson.last.get("wall") or lesson.job.seconds
        code = sum(len(cell["source"]) for _, cell in lesson.source.code_cells)
        return known or longest, not known, code

    return sorted(lessons, key=weight, reverse=True)


def earlier(lesson: _Lesson) -> tuple[float, ...]:
    """CPU seconds of the executions before the one that made this result."""
    history = tuple(lesson.last.get("history", ()))
    return history[:-1] if lesson.cached else history


def executed_copy(source: Source, entry: Mapping[str, Any]) -> bytes:
    """The notebook as it is now, with the outputs of the entry."""
    notebook = json.loads(json.dumps(source.content))
    for (index, _), outputs, count in zip(source.code_cells, entry["outputs"], entry["counts"], strict=True):
        cell = notebook["cells"][index]
        cell["outputs"], cell["execution_count"] = outputs, count
    for cell in notebook["cells"]:
        # On disk a text is a list of lines: that is what other tools write, and what shows differences well.
        cell["source"] = source_of(cell).splitlines(keepends=True)
    if entry["language_info"]:
        notebook.setdefault("metadata", {})["language_info"] = entry["language_info"]
    if entry.get("engine"):
        notebook.setdefault("metadata", {})[METADATA] = entry["engine"]
    if entry["widgets"]:
        notebook["metadata"]["widgets"] = entry["widgets"]
    return (json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode(
        "utf-8", "backslashreplace"
    )


def _digest_of(path: Path) -> str:
    try:
        return digest(path.read_bytes())
    except OSError:
        return ""


def write_if_new(path: Path, data: bytes) -> None:
    """Leave a file alone that is right already: its time stamp tells other tools that nothing changed."""
    try:
        if path.read_bytes() == data:
            return
    except OSError:
        pass
    write_whole(path, data)


def over_budget(job: Job, entry: Mapping[str, Any]) -> Failure | None:
    """The budgets of a lesson: CPU seconds, since wall time is the machine's; and peak memory."""
    if job.seconds is not None and entry["cpu"] > job.seconds:
        return Failure(
            "budget", f"The lesson used {entry['cpu']:.1f} s of CPU; its budget is {job.seconds:g} s."
        )
    if job.megabytes is not None and entry["megabytes"] > job.megabytes:
        return Failure(
            "budget",
            f"The lesson used {entry['megabytes']:.0f} MB of memory; its budget is {job.megabytes:g} MB.",
        )
    return None


def expired(job: Job, today: datetime.date) -> Failure | None:
    if job.skip is not None and today > job.skip.until:
        return Failure(
            "skip",
            f"The lesson was to be skipped until {job.skip.until.isoformat()} ({job.skip.reason}); that day is over.",
        )
    return None


def line_in_source(source: Source, index: int, line: int) -> int | None:
    """The line of a notebook's file, in whichever format, that holds a line of a cell; both counted from 1."""
    cell, starts = source.cells[index], source.content["metadata"].get("source_map")
    if source.text is None or not isinstance(starts, list) or len(starts) <= index:
        return line_in_file(source.text, cell["id"], line) if source.text else None
    # A text notebook: the cell begins with its fence and its options; the code is what comes after them.
    lines, code = source.text.splitlines(), cell["source"].splitlines()
    wanted = code[line - 1].strip() if line <= len(code) else ""
    first = starts[index] + line - 1
    return next(
        (n + 1 for n in range(first, min(first + 60, len(lines))) if lines[n].strip() == wanted),
        starts[index],
    )
