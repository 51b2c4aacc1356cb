"""`workshop build`: one folder with what learners and instructors get, and one zip of the learners' part.

The folder has two rooms. `learner/` is handed out and goes into the zip; before that every file in it is searched for
lines of solutions, answer keys and notes to the instructor. `instructor/` stays with the instructor and is not in the
zip: a zip of both would one day be handed out whole.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from cleanworks import scratch, written
from cleanworks.errors import InputError
from cleanworks.workshop import languages
from cleanworks.workshop.board.outline import outline
from cleanworks.workshop.catalogue import Course, Lesson
from cleanworks.workshop.delivery import (
    agenda_files,
    classroom_material,
    portable,
    readable,
    references,
    start,
    wheels,
)
from cleanworks.workshop.delivery.facilitation import facilitation
from cleanworks.workshop.delivery.instructor import instructor_kit
from cleanworks.workshop.delivery.programme import Programme, make_programme
from cleanworks.workshop.editions import Answers, edition
from cleanworks.workshop.live.payload import FOLDER as LIVE
from cleanworks.workshop.live.payload import function
from cleanworks.workshop.notebook import dump
from cleanworks.workshop.workshop_file import Workshop

SUMS = "checksums.txt"
COURSE = "course"
"""Folder of the notebooks in a learner's kit."""

COUNTRY = "country"
"""Folder of a country's own profile in a learner's kit."""

_TOML = re.compile(r"""^\s*extends\s*=\s*["']([^"'/\\]+\.toml)["']""", re.M)

LIGHT = ("numpy", "pandas", "matplotlib", "scipy")


@dataclass(frozen=True)
class Options:
    """What a build is asked for besides the workshop: systems to bring wheels for, their Python, and the book."""

    systems: tuple[str, ...] = ()
    python: str = "3.11"
    book: bool = True
    add_missing: bool = False
    allow_english: bool = False
    python_folder: Path | None = None


@dataclass(frozen=True)
class Built:
    """What a build made, and what the organiser should know."""

    folder: Path
    archive: Path
    warnings: tuple[str, ...] = ()


def agenda(course: Course, workshop: Workshop, out: Path) -> list[Path]:
    """The agenda for everybody, and the running order with cut marks for the instructor."""
    made = make_programme(course, workshop)
    return [
        *agenda_files.write(made, out / "learner" / "agenda"),
        *agenda_files.write(made, out / "instructor" / "agenda", running=True),
    ]


def notebooks(course: Course, workshop: Workshop, out: Path) -> list[Path]:
    """The learners' notebooks: no solutions, no notes, no keys."""
    files = []
    language = languages.edition_language(course, workshop.language)
    for lesson in make_programme(course, workshop).lessons:
        for entry in (lesson, lesson.exercises):
            if entry is None:
                continue
            path = out / "learner" / COURSE / course.relative(entry.path)
            path.parent.mkdir(parents=True, exist_ok=True)
            said = languages.entries_of(course, language, entry.path)
            made = languages.translated(edition(entry.notebook.node, "learner"), said)
            path.write_text(dump(made), encoding="utf-8")
            files.append(path)
    return files


Product = Callable[[Course, Workshop, Path], list[Path]]

PRODUCTS: tuple[Product, ...] = (
    agenda,
    notebooks,
    instructor_kit,
    # These show what was executed for the instructor's kit.
    outline,
    classroom_material.decks,
    classroom_material.sheets,
    classroom_material.questions,
    facilitation,
)
"""Each writes under `out/learner` or `out/instructor` and gives the paths that it wrote."""


def build(course: Course, workshop: Workshop, out: Path, options: Options = Options()) -> Built:
    """Make `out/<id>/` and `out/<id>-learner.zip`, both whole or neither.

    Raises
    ------
    InputError
        The programme is impossible, a notebook or the book fails, a wheel cannot be fetched, or a learner's file would
        give an answer away.
    """
    if options.python_folder is not None and "windows" not in options.systems:
        raise InputError(
            "Python can be put into kits for Windows only.",
            fix="Add --wheels windows, or leave out --python-folder.",
        )
    programme = make_programme(course, workshop, add_missing=options.add_missing)
    resolved, _, notes = references.resolve(
        course, workshop, programme.lessons, allow_english=options.allow_english
    )
    programme = dataclasses.replace(programme, workshop=resolved, warnings=(*programme.warnings, *notes))
    workshop = resolved
    if options.add_missing:
        workshop = _with_modules(workshop, programme)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    _refuse_other(out / workshop.id)
    with written.folder(out / workshop.id) as folder:
        (folder / "learner").mkdir()
        (folder / "instructor").mkdir()
        with _profile(workshop.profile):
            for product in PRODUCTS:
                product(course, workshop, folder)
            _data(course, folder / "learner" / "data", ready=bool(options.systems))
            if options.book:
                _book(course, workshop, folder / "learner" / "book")
        _installation(course, programme, folder / "learner", options)
        _refuse_leaks(course, folder / "learner")
        _sums(folder / "learner")
        archive = folder.with_name(f"{workshop.id}-learner.zip")
        root = folder / "learner"
        wheels.write_zip(
            archive,
            {
                f"{workshop.id}/{path.relative_to(root).as_posix()}": path
                for path in root.rglob("*")
                if path.is_file()
            },
        )
        os.replace(archive, out / archive.name)
    return Built(out / workshop.id, out / archive.name, programme.warnings)


def _with_modules(workshop: Workshop, programme: Programme) -> Workshop:
    """The workshop with the modules that were added, for the products that make its programme again."""
    from cleanworks.workshop.workshop_file import Part

    named = {part.module: part for part in workshop.modules if part.module}
    talks = iter([part for part in workshop.modules if part.talk])
    parts = [
        next(talks) if item.kind == "talk" else named.get(item.id, Part(module=item.id))
        for item in programme.agenda.items
    ]
    return workshop.model_copy(update={"modules": tuple(parts), "path": None})


# --- the book and the installation --------------------------------------------------------------------------------


def _book(course: Course, workshop: Workshop, target: Path) -> None:
    """The learners' book, built or taken as it is when nothing changed."""
    from cleanworks.workshop import book
    from cleanworks.workshop.reports.progress_display import display
    from cleanworks.workshop.run import run_notebooks

    language = languages.edition_language(course, workshop.language)
    made = book.Edition(course.root, "learner", workshop.profile, language=language)
    result = run_notebooks(*book.run_plan(course, made), display())
    if result.exit_code:
        raise InputError(
            "Some notebooks fail, so there is no book to hand out.",
            fix="Run `cleanworks run`, which names them.",
        )
    if faults := book.build(course, made):
        raise InputError(
            f"The book has {len(faults)} faults; the first: {faults[0]}.",
            fix="Run `cleanworks book`, which lists them.",
        )
    _copied(course, made.html, target)


def _copied(course: Course, html: Path, target: Path) -> None:
    """A built book without the builder's intermediate files, which tell when it ran and where; nobody reads a book in them."""
    shutil.copytree(html, target, ignore=shutil.ignore_patterns(".buildinfo", "edition.txt", "_sources"))
    # The notebooks that its pages offer to download lie among them.
    for entry in course.notebooks:
        name = Path("_sources", course.relative(entry.path))
        if (html / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(html / name, target / name)


def _data(course: Course, folder: Path, *, ready: bool) -> None:
    """The tables of the course: as CSV in one zip, for a spreadsheet, and if `ready` as the notebooks read them."""
    if course.settings.write_data:
        folder.mkdir(parents=True, exist_ok=True)
        with scratch.folder() as place:
            function("write_data", course.settings.write_data)(place)
            wheels.write_zip(folder / "tables.zip", {path.name: path for path in place.glob("*.csv")})
    if ready and course.settings.live.tables:
        function("live.tables", course.settings.live.tables)(folder)


def _installation(course: Course, programme: Programme, folder: Path, options: Options) -> None:
    """Wheels, requirements, start scripts, start page."""
    roots = roots_of(programme)
    store = course.root / "_build" / "wheels"
    if options.systems:
        common = folder / "wheels" / "common"
        common.mkdir(parents=True)
        own = wheels.own_wheel(common)
        (common / own.name).chmod(0o644)
        lock = course.root / wheels.LOCK
        fetched = {s: wheels.fetch(lock, s, options.python, roots, store) for s in options.systems}
        for system, files in fetched.items():
            place = folder / "wheels" / system
            place.mkdir()
            for file in files:
                # Pure Python is the same on all systems and stands once.
                shutil.copyfile(file, (common if file.name.endswith("-none-any.whl") else place) / file.name)
            lines = [
                *wheels.needed(lock, system, options.python, roots),
                own.name.replace("-", "==", 1).split("-")[0],
            ]
            (folder / f"requirements-{system}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        text = "\n".join(sorted(roots)) + "\n"
        (folder / "requirements.txt").write_text(text, encoding="utf-8")
    if options.python_folder is not None:
        portable.carry(options.python_folder, options.python, folder)
    names = {"windows": "start.bat", "macos": "start.command", "linux": "start.sh"}
    language = languages.edition_language(course, programme.workshop.language)
    scripts = start.scripts(options.python, _carried(programme.workshop.profile, folder), language)
    for system in options.systems:
        path = folder / names[system]
        path.write_bytes(scripts[names[system]].encode())
        path.chmod(0o755)
    listed = {
        f"{COURSE}/{course.relative(lesson.path)}": f"{lesson.id} {programme.titles.get(lesson.id, lesson.title)}"
        for lesson in programme.lessons
    }
    first = next(iter(listed), "")
    (folder / "first.txt").write_text(f"{first}\n", encoding="utf-8")
    runs = (folder / "book" / LIVE / "images").is_dir()
    tables = (folder / "data" / "tables.zip").is_file()
    page = start.start_page(
        programme,
        options.python,
        options.systems,
        listed,
        book=options.book,
        runs=runs,
        tables=tables,
        carried=options.python_folder is not None,
        papers=[
            path.relative_to(folder).as_posix()
            for name in ("forms", "handouts")
            for path in sorted((folder / name).glob("*"))
        ],
    )
    page.save(folder / "START-HERE.html")


def _carried(profile: str | None, folder: Path) -> str | None:
    """What a kit's start file sets as the country. A file of somebody's own comes along, with the files that it stands on."""
    if profile is None or not profile.endswith(".toml"):
        return profile
    file = Path(profile)
    (folder / COUNTRY).mkdir()
    for path in [
        file,
        *(
            found
            for name in _TOML.findall(file.read_text(encoding="utf-8"))
            for found in [file.parent / name]
        ),
    ]:
        if path.is_file() and path.parent == file.parent:
            shutil.copyfile(path, folder / COUNTRY / path.name)
    return f"{COUNTRY}/{file.name}"


def roots_of(programme: Programme) -> list[str]:
    """The libraries that a kit needs: those of every lesson, what its lessons name in `needs`, and the editor."""
    wanted = {need for lesson in programme.lessons for need in lesson.block.needs}
    wanted |= {n for lesson in programme.lessons if lesson.exercises for n in lesson.exercises.block.needs}
    renamed = {"jsonschema_rs": "jsonschema-rs"}
    own = {"cleanworks"}
    return sorted({*wheels.ROOTS, *LIGHT, *(renamed.get(n, n) for n in wanted)} - own)


# --- whole and clean ----------------------------------------------------------------------------------------------


def _refuse_leaks(course: Course, folder: Path) -> None:
    """Search everything that learners get, by content."""
    secrets: dict[str, _Secrets] = {}  # of each lesson, found once for all files
    for path in sorted(folder.rglob("*")):
        # Program files of the book hold no prose of a lesson.
        inside = path.relative_to(folder).parts
        if (
            not path.is_file()
            or "_static" in inside
            or inside[0] == portable.FOLDER
            or path.name == "searchindex.js"
        ):
            continue
        if found := given_away(course, path, secrets):
            raise InputError(
                f"A learner's file would give an answer away: {found}",
                where=path.relative_to(folder).as_posix(),
                fix="Nothing was built. Look whether the lesson repeats a solution; if not, it is a mistake in the toolkit: please report it.",
            )


@dataclass(frozen=True)
class _Secrets:
    """What no learner may read of a lesson: its solutions, the notes for instructors, and what languages hide."""

    answers: Answers
    notes: tuple[tuple[str, str], ...]
    pieces: tuple[str, ...]

    @classmethod
    def of(cls, course: Course, lesson: Lesson) -> _Secrets:
        exercises = lesson.exercises
        notes = (
            line
            for entry in (lesson, exercises)
            for cell in (entry.notebook.with_tag("instructor") if entry else ())
            for line in cell.source.splitlines()
            if len(line.split()) > 7
        )
        return cls(
            Answers.of(exercises.notebook.node, [lesson.notebook.node]) if exercises else Answers(()),
            tuple(("".join(line.split()), line.strip()) for line in notes),
            tuple(languages.secrets(course, lesson)),
        )


def given_away(course: Course, path: Path, secrets: dict[str, _Secrets] | None = None) -> str:
    """The first line of a solution, note or quiz feedback that a learner could read in a file; empty if there is none."""
    for name, text in readable.texts(path):
        if found := _in_text(course, name, text, {} if secrets is None else secrets):
            return found
    return ""


# A function of bare names, such as `len(answers)`, answers a question beside that question; on another page it speaks of something else.
_SLIGHT = re.compile(r"[\w.]+\([\w.]+(, [\w.]+)*\)")


def _in_text(course: Course, path: PurePath, text: str, secrets: dict[str, _Secrets]) -> str:
    # Pictures inside a page are most of it, and nobody reads them as text.
    text = re.sub(r"data:(?!text|image/svg)[\w/+.-]+;base64,[A-Za-z0-9+/=]+", "", text)
    squeezed = "".join(text.split())
    about = [lesson for lesson in course.lessons if _concerns(lesson, path)]
    for lesson in about:
        if lesson.id not in secrets:
            secrets[lesson.id] = _Secrets.of(course, lesson)
        secret = secrets[lesson.id]
        own = lesson.id == path.stem.split("-")[0]
        for leak in secret.answers.in_text(text):
            if own or not _SLIGHT.fullmatch(leak.text):
                return leak.text
        for squeezed_note, note in secret.notes:
            if squeezed_note in squeezed:
                return note
        for piece in secret.pieces:
            if languages.holds(text, piece):
                return piece
    return ""


def _concerns(lesson: Lesson, path: PurePath) -> bool:
    """A page of one lesson is compared with that lesson; any other file with all."""
    stems = {lesson.path.stem, *([lesson.exercises.path.stem] if lesson.exercises else [])}
    return path.stem in stems or not any(part in ("notebooks", "exercises") for part in path.parts)


def _sums(folder: Path) -> None:
    lines = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            lines.append(f"{digest}  {path.relative_to(folder).as_posix()}")
    (folder / SUMS).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _refuse_other(target: Path) -> None:
    """Refuse a place that holds anything but an older build."""
    if target.exists() and not (target / "learner" / SUMS).is_file():
        raise InputError(
            "There is something at this place already.", where=str(target), fix="Name another --out."
        )


@contextlib.contextmanager
def _profile(code: str | None) -> Iterator[None]:
    """The country of the workshop, for the notebooks that are executed."""
    before = os.environ.get("CLEANWORKS_PROFILE")
    if code:
        os.environ["CLEANWORKS_PROFILE"] = code
    try:
        yield
    finally:
        os.environ.pop("CLEANWORKS_PROFILE", None)
        if before is not None:
            os.environ["CLEANWORKS_PROFILE"] = before
