"""pytest runs the notebooks of a course: ``pytest --cleanworks``, one test per lesson and per exercise set.

A notebook belongs to a course if the ``_toc.yml`` in a folder above it names it. Results come
from the course's cache where nothing has changed, as with `cleanworks run`; ``--cleanworks-force`` executes everything,
``--cleanworks-fresh`` starts a fresh Python for each. Works with ``pytest -n``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cleanworks.errors import InputError
from cleanworks.texts import read_text
from cleanworks.workshop.files import is_myst_notebook

if TYPE_CHECKING:
    from cleanworks.workshop.catalogue import Course, Entry, PlainNotebook
    from cleanworks.workshop.run import LessonResult
    from cleanworks.workshop.run.kernels.server_process import KernelServer


class NotebookFailed(Exception):
    """A notebook did not end well; holds its result."""

    def __init__(self, result: LessonResult, root: Path):
        super().__init__(result.name)
        self.result, self.root = result, root


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cleanworks", "notebooks of a course")
    group.addoption("--cleanworks", action="store_true", help="run the notebooks of courses, one test each")
    group.addoption(
        "--cleanworks-force", action="store_true", help="execute notebooks even if nothing changed"
    )
    group.addoption("--cleanworks-fresh", action="store_true", help="a fresh Python for every notebook")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--cleanworks"):
        config.pluginmanager.register(Courses(config), "cleanworks-courses")


class Courses:
    """Collects notebooks, and keeps for one pytest process what they share: the courses and the warm parent."""

    def __init__(self, config: pytest.Config):
        self._force = config.getoption("--cleanworks-force")
        self._fresh = config.getoption("--cleanworks-fresh")
        self._courses: dict[Path, Course] = {}
        self._endings: dict[Path, tuple[str, ...]] = {}
        self._server: KernelServer | None = None
        self._homeless: list[Path] = []
        self.idle: list[Course] = []

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        if {"_build", ".ipynb_checkpoints"} & set(file_path.parts):
            return None
        root = next((folder for folder in file_path.parents if (folder / "_toc.yml").is_file()), None)
        if root is None:
            if file_path.suffix == ".ipynb":
                self._homeless.append(file_path)
            return None
        if not file_path.name.endswith((".ipynb", ".md", *self._formats(root))):
            return None
        if file_path.suffix == ".md" and not is_myst_notebook(read_text(file_path)):
            return None
        return NotebookFile.from_parent(parent, path=file_path, courses=self, root=root)

    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Where notebooks were asked for and none is tested, all would look green."""
        if any(isinstance(item, NotebookTest) for item in items) or session.testsfailed:
            return
        if self.idle:
            from cleanworks.workshop.course_jobs import require_jobs

            try:
                require_jobs(self.idle[0], [])
            except InputError as error:
                raise pytest.UsageError(error.message) from None
        if self._homeless:
            raise pytest.UsageError(
                f"--cleanworks found notebooks, such as {self._homeless[0]}, and no _toc.yml in a folder above them. "
                "`cleanworks init` makes a course of a folder of notebooks."
            )
        raise pytest.UsageError(
            "--cleanworks found no notebook of a course in what pytest was asked to collect."
        )

    def pytest_unconfigure(self) -> None:
        if self._server is not None:
            self._server.close()

    def _formats(self, root: Path) -> Iterable[str]:
        """The endings of text notebooks that the book's settings add, such as `.py`."""
        from cleanworks.workshop.book_settings import BookSettings

        if root not in self._endings:
            try:
                self._endings[root] = tuple(BookSettings.load(root).formats)
            except InputError as error:
                raise pytest.UsageError(error.message) from None
        return self._endings[root]

    def course(self, root: Path) -> Course:
        from cleanworks.workshop.catalogue import Course

        if root not in self._courses:
            self._courses[root] = Course.load(root)
        return self._courses[root]

    def run(self, course: Course, name: str) -> LessonResult:
        """Run one notebook of a course, with the kernels of this process."""
        from cleanworks.workshop.course_jobs import course_jobs, course_options
        from cleanworks.workshop.run import run_notebooks

        options = course_options(course, workers=1, force=self._force, fresh=self._fresh)
        result = run_notebooks(course_jobs(course, [name]), replace(options, server=self._kernels(options)))
        if result.interrupted:
            raise KeyboardInterrupt
        return result.lessons[0]

    def _kernels(self, options: Any) -> KernelServer | None:
        from cleanworks.workshop.run.kernels.server_process import CAN_FORK, KernelServer

        if self._server is None and CAN_FORK:
            self._server = KernelServer(
                () if self._fresh else options.preloaded(),
                options.hash_seed,
                options.environment,
                warm=not self._fresh,
            )
        return self._server


class NotebookFile(pytest.File):
    """A notebook of a course: one test."""

    def __init__(self, *, courses: Courses, root: Path, **arguments: Any):
        super().__init__(**arguments)
        self._courses, self._root = courses, root

    def collect(self) -> Iterator[pytest.Item]:
        try:
            course = self._courses.course(self._root)
        except InputError as error:
            raise self.CollectError(error.message) from None
        listed: list[Entry | PlainNotebook] = [*course.notebooks, *course.executed]
        for one in listed:
            if one.path.resolve() == self.path.resolve() and not course.is_idle(one):
                yield NotebookTest.from_parent(self, name=one.name, courses=self._courses, course=course)
        if any(one.path.resolve() == self.path.resolve() for one in course.plain if course.is_idle(one)):
            self._courses.idle.append(course)


class NotebookTest(pytest.Item):
    """Runs one notebook."""

    def __init__(self, *, courses: Courses, course: Course, **arguments: Any):
        super().__init__(**arguments)
        self._courses, self._course = courses, course

    def runtest(self) -> None:
        result = self._courses.run(self._course, self.name)
        for label, value in (("cpu_seconds", result.cpu), ("megabytes", result.megabytes)):
            self.user_properties.append((label, round(value, 3)))
        if result.status == "skipped":
            pytest.skip(result.skip_reason)
        if result.status != "passed":
            raise NotebookFailed(result, self._course.root)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from cleanworks.workshop.reports.terminal import failure_text

        if isinstance(excinfo.value, NotebookFailed):
            return failure_text(excinfo.value.result, excinfo.value.root)
        if isinstance(excinfo.value, InputError):
            return excinfo.value.message
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.name
