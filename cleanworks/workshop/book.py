"""`cleanworks book`: run what changed, build the pages, and put them in place of the old ones only when they are whole.

The pages are built where the sources lie; executed copies of the notebooks come from the run, and Jupyter Book executes
nothing. Warnings are errors. Editions for another audience or country have folders of their own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import hashlib
import io
import os
import re
import shutil
import sys
import time
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
import yaml

from cleanworks import written
from cleanworks.errors import InputError
from cleanworks.texts import read_text
from cleanworks.workshop import made_of
from cleanworks.workshop.files import read_yaml

if TYPE_CHECKING:
    from cleanworks.workshop.catalogue import Course
    from cleanworks.workshop.live.payload import Payload
    from cleanworks.workshop.own_data import OnData
    from cleanworks.workshop.run import Job, RunOptions

EXTENSION = "cleanworks.workshop.sphinxext"
Audience = Literal["reader", "learner", "instructor"]
_STAMP = "edition.txt"
# What another program that builds into the same folder changes.
_WITNESSES = ("index.html", "searchindex.js", "objects.inv", ".buildinfo")


@dataclasses.dataclass(frozen=True)
class Edition:
    """A book for one audience, one country and one language, and the folders it lives in.

    ``profile`` is the code of a country's profile, or None for the default one. ``language`` is the code of a
    translation, or None for the language that the course is written in. ``folder`` is where the finished book
    and its workshop lie: ``_build`` of the course if not given. ``data`` is a folder of somebody's own tables, on which
    the lessons run that it can carry.
    """

    root: Path
    audience: Audience = "reader"
    profile: str | None = None
    folder: Path | None = None
    language: str | None = None
    data: Path | None = None

    @property
    def name(self) -> str:
        """Empty for the usual book; otherwise what its folders end in."""
        parts = [] if self.profile is None else [re.sub(r"[^\w-]+", "-", Path(self.profile).stem)]
        parts += [] if self.language is None else [self.language]
        parts += [] if self.data is None else ["data", re.sub(r"[^\w-]+", "-", self.data.name)]
        parts += [] if self.audience == "reader" else [self.audience]
        return "".join(f"-{part}" for part in parts)

    @property
    def _folder(self) -> Path:
        return self.folder or self.root / "_build"

    @property
    def html(self) -> Path:
        """The finished book."""
        return self._folder / f"html{self.name}"

    @property
    def work(self) -> Path:
        """Where it is built, and what makes the next build quick."""
        return self._folder / f"book{self.name}"

    @property
    def executed(self) -> Path:
        """The executed copies."""
        return self.root / "_build" / f"executed{self.name}"

    @property
    def locale(self) -> Path:
        """Compiled translations."""
        return self.work / "locale"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lessons read to know their country and their language."""
        chosen = {"CLEANWORKS_PROFILE": self.profile, "CLEANWORKS_LANGUAGE": self.language}
        return {name: value for name, value in chosen.items() if value}


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(book)


def book(
    profile: Annotated[
        str | None, typer.Option("--profile", help="The country profile to build with.")
    ] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", help="The language of the edition: ko, fr ... English if not given."),
    ] = None,
    audience: Annotated[
        Audience,
        typer.Option(
            "--audience",
            help="reader: with solutions, folded. learner: without. instructor: also notes and likely mistakes.",
        ),
    ] = "reader",
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="A folder that `data import` wrote: lessons run on it where it can carry them, and every page says which.",
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="Notebooks at a time. As many as cores if not given."),
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Show the book in the browser.")] = False,
    root: Annotated[Path, typer.Option("--root", help="Folder of the course.")] = Path("."),
) -> None:
    """Build the book and print the path of its first page.

    Notebooks that changed are executed first. If anything fails, the book that was there before stays as it is. Exit
    codes: 0 built, 1 a notebook or a page has a fault, 2 something handed in cannot be used, 130 interrupted.
    """
    from cleanworks.workshop.catalogue import Course

    course = Course.load(root.resolve())
    made = chosen(course, audience, profile, language)
    if data is not None:
        made = dataclasses.replace(made, data=data.resolve())
    bring_up_to_date(course, made, jobs)
    if made.language:
        _say(f"`cleanworks language status {made.language}` says which pages show English.")
    first = made.html / "index.html"
    print(first)
    if open_it:
        webbrowser.open(first.as_uri())


def chosen(
    course: Course, audience: Audience = "reader", profile: str | None = None, language: str | None = None
) -> Edition:
    """The edition that a command line asks for.

    Raises
    ------
    InputError
        The course has no translation into the language, or there is no such profile.
    """
    from cleanworks.workshop.country import chosen_profile

    if language:
        from cleanworks.workshop import languages

        languages.require(course, language)
        language = None if language == languages.SOURCE else language
    return Edition(course.root, audience, chosen_profile(course, profile), language=language)


def bring_up_to_date(course: Course, made: Edition, jobs: int | None = None) -> None:
    """Execute what changed and build the pages.

    Raises
    ------
    InputError
        The settings of the book cannot be used.
    typer.Exit
        A notebook or a page has a fault, which has been printed.
    """
    from cleanworks.workshop.course_jobs import run_notes
    from cleanworks.workshop.live.payload import variables
    from cleanworks.workshop.reports.progress_display import display
    from cleanworks.workshop.reports.terminal import report, warning_text
    from cleanworks.workshop.run import run_notebooks

    if not (course.root / "_config.yml").is_file():
        settings_file(course, made)
    course.book.require_installed(course.root)
    course.keep_texts()
    for note in run_notes(course):
        _say(note)
    if stored := len(course.plain) - len(course.executed):
        listed = len(course.plain)
        _say(
            f"_config.yml leaves {stored} of {listed} notebook{'' if listed == 1 else 's'} out of execution; what it shows is what is stored."
            if stored == 1
            else f"_config.yml leaves {stored} of {listed} notebooks out of execution; what they show is what is stored."
        )
    done = None
    with variables(made.environment):
        planned, options = run_plan(course, made, jobs)
        if made.data is not None:
            from cleanworks.workshop import own_data

            done = own_data.execute(course, made.data, planned, options, display)
            planned = [job for job in planned if job.name not in done.carried.values()]
            count = len(done.carried)
            _say(
                f"On your data: {count} page{'' if count == 1 else 's'}. On the tables of the course: {done.others}; each page says why."
            )
        result = run_notebooks(planned, options, display())
        if result.exit_code:
            print(report(result, course.root))
            _say("The book was not built, because not all notebooks ran.")
            raise typer.Exit(result.exit_code)
        for lesson in result.lessons:
            for warning in lesson.warnings:
                _say(warning_text(lesson, warning))
        faults = build(course, made, done)
    if faults:
        print(*faults, sep="\n")
        _say("The book was not built; what is wrong with it is listed above.")
        raise typer.Exit(1)


def settings_file(course: Course, made: Edition) -> Path:
    """The settings that the pages are built with: the book's own, with the toolkit's extension added where it is not named.

    Raises
    ------
    InputError
        The book has no settings.
    """
    path = course.root / "_config.yml"
    if not path.is_file():
        raise InputError(
            "There are no settings of the book.", where=str(path), fix="`cleanworks init` writes them."
        )
    if EXTENSION in course.book.extensions:
        return path
    # A block without a value (`sphinx:` alone) says nothing, and the builder does not expect one.
    read = read_yaml(path, "The settings of the book") or {}
    settings = {name: value for name, value in read.items() if value is not None}
    sphinx = settings.setdefault("sphinx", {})
    sphinx["extra_extensions"] = [*course.book.extensions, EXTENSION]
    # Their folders are named from the book's folder, and the copy lies in another.
    local = sphinx.get("local_extensions")
    if isinstance(local, dict):
        sphinx["local_extensions"] = {
            name: str((course.root / folder).resolve()) for name, folder in local.items()
        }
    copy = made.work / "settings.yml"
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return copy


def run_plan(course: Course, made: Edition, workers: int | None = None) -> tuple[list[Job], RunOptions]:
    """The notebooks that an edition needs executed, and how.

    Readers and learners see a part of what `cleanworks run` executes anyway. An instructor's copy holds checks of its
    own, after each likely mistake, and is executed as it stands.
    """
    from cleanworks.workshop.course_jobs import course_job, course_options, plain_job
    from cleanworks.workshop.editions import edition

    options = course_options(course, workers=workers, environment=made.environment, out=made.executed)
    jobs = [course_job(course, entry) for entry in course.notebooks]
    if made.audience == "instructor":
        options = dataclasses.replace(options, rerun="cleanworks book --audience instructor")
        jobs = [
            dataclasses.replace(
                job,
                name=f"{job.name}-instructor",
                notebook=edition(entry.notebook.node, "instructor"),
                workdir=entry.path.parent,
                target=course.relative(entry.path),
            )
            for job, entry in zip(jobs, course.notebooks, strict=True)
        ]
    return [*jobs, *(plain_job(course, one) for one in course.executed)], options


def build(course: Course, made: Edition, done: OnData | None = None) -> list[str]:
    """Build the pages from executed copies that are there, unless nothing has changed since the last time.

    ``done`` says which pages show somebody's own tables.

    Returns
    -------
    list of str
        What is wrong with the pages, one line each. When there is anything, the book that was there stays.
    """
    made.work.parent.mkdir(parents=True, exist_ok=True)
    # Two at once would take away each other's half-built pages; the second then finds the book up to date.
    with written.alone(
        made.work, waits=lambda: _say("Another command is building this book; waiting for it.")
    ):
        return _build(course, made, done)


def _build(course: Course, made: Edition, done: OnData | None) -> list[str]:
    _finish_interrupted(made)
    live = _python_for_the_pages(course, made)
    tool, content = made_of.tool(), _content_print(course, made, live, done)
    stamp = f"{tool}\n{content}\n"
    if _read(made.html / _STAMP) == stamp + _witness(made.html):
        _say("The book is up to date.")
        return []
    # Sphinx knows when a page's text changed, and not when the program that makes pages did, nor that it was killed the last
    # time: the file with the tool's print is away while it builds.
    whole = made.work / "tool.txt"
    if _read(whole) != tool:
        shutil.rmtree(made.work, ignore_errors=True)
    made.work.mkdir(parents=True, exist_ok=True)
    whole.unlink(missing_ok=True)
    begun = time.monotonic()
    _say(f"Building the pages ({len(course.pages) + len(course.notebooks) + len(course.plain)}) ...")
    try:
        faults = _sphinx(course, made, live, done)
    except BaseException:
        shutil.rmtree(made.work, ignore_errors=True)
        raise
    if any("No space left on device" in fault or "Errno 28" in fault for fault in faults):
        shutil.rmtree(made.work, ignore_errors=True)
        # Sphinx names the page that it was at, which is not to blame.
        raise InputError(
            "The disk is full, so the book was not built.",
            where=str(made.work.parent),
            fix="Free some space (a book takes some 200 MB).",
        )
    if faults:
        # A page that was read with a warning is not read again, and the next build would say that all is well.
        shutil.rmtree(made.work, ignore_errors=True)
        return faults
    whole.write_text(tool, encoding="utf-8")
    _publish(made, stamp, live)
    _say(f"Built in {time.monotonic() - begun:.0f} s.")
    return []


def _python_for_the_pages(course: Course, made: Edition) -> Payload | None:
    """What the cells of this edition run with; None where the course does not ask for it, or when it cannot be had."""
    from cleanworks.workshop.live.fetch import NotFetched
    from cleanworks.workshop.live.payload import prepare

    # Python in a page has the tables of the course only.
    if not course.settings.live.run or made.data is not None:
        return None
    try:
        return prepare(course, made.environment)
    except NotFetched as error:
        _say(f"{error.message} The book is built without: its pages show the code and do not run it.")
        return None


def _sphinx(course: Course, made: Edition, live: Payload | None, done: OnData | None) -> list[str]:
    """Build into the work folder. The messages of Sphinx come back as lines, with paths from the course's folder."""
    from cleanworks.workshop import languages

    if made.language:
        languages.compiled(course, made.language, made.locale)
    messages = io.StringIO()
    with (
        contextlib.redirect_stderr(messages),
        contextlib.redirect_stdout(io.StringIO()),
        _little_garbage(),
    ):
        result = _built_by_sphinx(
            course.root,
            made.work / "html",
            path_config=settings_file(course, made),
            noconfig=True,
            doctreedir=made.work / "doctrees",
            confoverrides={
                "external_toc_path": str(course.root / "_toc.yml"),
                "nb_execution_mode": "off",
                "cleanworks_audience": made.audience,
                "cleanworks_executed": str(made.executed),
                "cleanworks_live": ("ready" if live else "absent")
                if course.settings.live.run and made.data is None
                else "",
                "cleanworks_notes": dict(done.notes) if done else {},
                "cleanworks_own_pages": sorted(done.carried) if done else [],
                "language": made.language or languages.SOURCE,
                "locale_dirs": [str(made.locale)],
                "gettext_compact": False,
                "gettext_auto_build": False,
                "latex_individualpages": False,
            },
            builder="html",
            warningiserror=course.is_strict,
            keep_going=True,
            quiet=True,
            jobs=min(os.cpu_count() or 1, 8),
        )
    if isinstance(result, KeyboardInterrupt):
        raise result
    if isinstance(result, OSError):
        raise result
    text = re.sub(r"\x1b\[[0-9;]*m", "", messages.getvalue()).replace(f"{course.root}{os.sep}", "")
    lines = list(dict.fromkeys(line.rstrip() for line in text.splitlines() if line.strip()))
    if isinstance(result, Exception) and not lines:
        lines = [f"{type(result).__name__}: {result}"]
    if result == 0:
        # A book that was made for Jupyter Book alone is built as Jupyter Book builds it, and hears what was said.
        if lines:
            print(*lines, sep="\n", file=sys.stderr)
            _say(
                f"The book was built with {len(lines)} line{'' if len(lines) == 1 else 's'} of warnings, listed above."
            )
            unlisted = [line.partition(": ")[0] for line in lines if "isn't included in any toctree" in line]
            ends = (".ipynb", *course.book.formats)
            if idle := [name for name in unlisted if name.endswith(ends)]:
                _say(
                    f"Not executed, because _toc.yml does not name them: {', '.join(idle)}. "
                    "Name them there, or set `only_build_toc_files: true` in _config.yml to leave their pages out."
                )
        return []
    if any("(sphinxcontrib.bibtex)" in line for line in lines):
        _read_bibliographies(course)
    if found := _AT_THE_START.search(text):
        raise _unusable(course.root, found[1])
    return [_with_cell(line, course, made) for line in lines]


# What extensions say of settings that they read before the first page.
_AT_THE_START = re.compile(
    r"for event '(?:config-inited|builder-inited)' threw an exception \(exception: (.*)\)"
)


def _built_by_sphinx(root: Path, *places: Path, **options: Any) -> Any:
    """What Jupyter Book makes of it; a setting of another kind than it expects ends in any error of Python there."""
    from jupyter_book.sphinx import build_sphinx

    try:
        return build_sphinx(root, *places, **options)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _unusable(root, f"{type(error).__name__}: {error}") from None


def _unusable(root: Path, said: str) -> InputError:
    return InputError(
        f"Jupyter Book cannot use the settings of the book; Python says: {said.rstrip('.')}.",
        where=str(root / "_config.yml"),
        fix="Look there for a number or a text where a list or a block belongs, or the other way round.",
    )


def _read_bibliographies(course: Course) -> None:
    """Say which list of sources cannot be read: Sphinx shows the name of a function in its place.

    Raises
    ------
    InputError
        One of them cannot be read.
    """
    from pybtex.database import BibliographyDataError, parse_string
    from pybtex.scanner import PybtexError

    for name in course.book.bibliographies:
        text = read_text(course.root / name, "The list of sources")
        try:
            parse_string(text, "bibtex")
        except BibliographyDataError:
            continue  # an entry that stands twice is a warning
        except PybtexError as error:
            raise InputError(
                f"The list of sources cannot be read: {str(error).rstrip('.')}.",
                where=str(course.root / name),
                fix="Look for a brace or a comma that is missing there or just before.",
            ) from None


@contextlib.contextmanager
def _little_garbage() -> Iterator[None]:
    """Look for garbage less often. The trees of a hundred pages are millions of small objects that all stay, and to look through
    them again and again takes an eighth of a build."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _with_cell(message: str, course: Course, made: Edition) -> str:
    """MyST-NB counts a notebook's lines as 10,000 times the cell, plus the line in it. People look for a cell's id."""
    from cleanworks.workshop.editions import edition
    from cleanworks.workshop.pages.cells import mark_up, origin
    from cleanworks.workshop.pages.front import front_matter

    found = re.match(r"(\S+\.ipynb):(\d{5,}):?\s*(.*)", message)
    if found is None:
        return message
    entry = next((e for e in course.notebooks if course.relative(e.path) == found[1]), None)
    if entry is None:
        return message
    shown = edition(entry.notebook.node, made.audience)
    marked = mark_up(
        shown, where=found[1], front=front_matter(course, entry), story=entry.block.kind == "lesson"
    )
    cell = origin(marked, int(found[2]) // 10_000 - 1)
    place = f"cell `{cell}`" if cell else "the box under the title or around a cell"
    return f"{found[1]}, {place}: {found[3]}"


def _publish(made: Edition, stamp: str, live: Payload | None) -> None:
    """Put the new book in place of the old one: both are whole at every moment."""
    fresh, old = _beside(made.html, "new"), _beside(made.html, "old")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(made.work / "html", fresh)
    if live:
        from cleanworks.workshop.live.payload import FOLDER

        live.write(fresh / FOLDER)
    (fresh / _STAMP).write_text(stamp + _witness(fresh), encoding="utf-8")
    if made.html.exists():
        made.html.rename(old)
    fresh.rename(made.html)
    shutil.rmtree(old, ignore_errors=True)


def _finish_interrupted(made: Edition) -> None:
    """If the last build stopped between its two renames, the old book is the good one."""
    old = _beside(made.html, "old")
    if old.exists() and not made.html.exists():
        old.rename(made.html)
    shutil.rmtree(old, ignore_errors=True)


def _beside(folder: Path, word: str) -> Path:
    return folder.with_name(f".{folder.name}-{word}")


# --- what a book depends on ---------------------------------------------------------------------------------------


def _content_print(course: Course, made: Edition, live: Payload | None, done: OnData | None) -> str:
    """Of the sources, the executed copies, and what pages run Python with."""
    about = (
        made.audience,
        made.profile,
        made.language,
        live.version if live else "",
        sorted(done.notes.items()) if done else (),
    )
    digest = hashlib.sha256(repr(about).encode())
    digest.update(
        made_of.contents(course, {*made_of.sources(course, made.language), *made.executed.rglob("*.ipynb")})
    )
    return digest.hexdigest()


def _witness(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in _WITNESSES:
        path = folder / name
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


# --- small things -------------------------------------------------------------------------------------------------


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
