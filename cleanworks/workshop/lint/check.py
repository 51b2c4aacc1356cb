"""Apply the rules, and write the canonical form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from cleanworks.errors import InputError
from cleanworks.texts import is_there, read_text
from cleanworks.workshop.files import is_myst_notebook, write_whole
from cleanworks.workshop.lint import bound, claims
from cleanworks.workshop.lint.canonical import canonical, has_ids, with_format_of_ids
from cleanworks.workshop.lint.context import Context, course_files
from cleanworks.workshop.lint.finding import Finding
from cleanworks.workshop.lint.rules import (
    AMOUNTS,
    AMOUNTS_FIX,
    EDITION,
    EDITION_FIX,
    FOR_ALL,
    RULES,
    UNSOURCED,
    UNSOURCED_FIX_CHECKS,
    UNSOURCED_FIX_PAGES,
    formulas_of_amounts,
)
from cleanworks.workshop.notebook import Notebook, dump, read
from cleanworks.workshop.quiz import GiveAway, give_away, parse_quiz
from cleanworks.workshop.settings import FILE, Settings

UNREADABLE = "readable"
READS = "reads"


def lint_notebook(notebook: Notebook, context: Context) -> list[Finding]:
    """Everything that is wrong with one notebook, in the order of its cells."""
    found = [
        Finding(
            path=notebook.path,
            rule=rule.name,
            what=what,
            fix=rule.fix,
            cell=cell.id if cell else None,
            position=cell.position if cell else None,
            line=line,
            file_line=notebook.file_line(cell, line),
        )
        for rule in RULES
        if context.is_lesson(notebook) or rule.name in FOR_ALL
        for cell, line, what in rule.look(notebook, context)
    ]
    return sorted(found, key=lambda finding: (finding.position or 0, finding.line or 0))


def unseen(root: Path) -> str:
    """What to say of the notebooks of a book that lint does not look at, because they are written as text; often nothing."""
    from cleanworks.workshop.catalogue import TOC, listed

    texts = _texts(root, listed(root)) if is_there(root / TOC, "The table of contents") else []
    if not texts:
        return ""
    count = "1 notebook" if len(texts) == 1 else f"{len(texts)} notebooks"
    return f"Not looked at: {count} written as text ({_endings(texts)}), which `cleanworks run` executes."


def _texts(root: Path, pages: Sequence[tuple[Path, object]]) -> list[Path]:
    from cleanworks.workshop.book_settings import BookSettings

    formats = tuple(BookSettings.load(root).formats) if pages else ()
    return [
        page
        for page, _ in pages
        if page.name.endswith(formats) or (page.suffix == ".md" and is_myst_notebook(read_text(page)))
    ]


def _endings(texts: Iterable[Path]) -> str:
    return " and ".join(sorted({page.suffix for page in texts}))


def lint_course(
    root: Path, paths: Iterable[Path] = (), *, fix: bool = False
) -> tuple[list[Path], list[Finding], list[Path]]:
    """Lint notebooks of a course.

    Parameters
    ----------
    paths : iterable of Path
        Notebooks, folders or ids of lessons (``c6``); all notebooks of the course if empty.
    fix : bool
        First bring each file into canonical form.

    Returns
    -------
    (files, findings, rewritten)
        The notebooks looked at, what is wrong, and the files that were written. A file that is no notebook is a
        finding, so that the others are still checked.

    Raises
    ------
    InputError
        A path does not exist, the table of contents cannot be read, or a file cannot be written.
    """
    from cleanworks.workshop.catalogue import TOC, listed

    root = Path(root)
    pages = []
    if not paths and is_there(root / TOC, "The table of contents"):
        pages = listed(root)  # a table of contents that cannot be read would leave pages unseen
    files = _files(root, list(paths))
    texts = _texts(root, pages)
    if not files and texts:
        raise InputError(
            f"The notebooks of this book are text ({_endings(texts)}, {len(texts)} of them), and lint checks .ipynb.",
            where=str(root / TOC),
            fix="Nothing has to be done: `cleanworks run` executes them.",
        )
    if not files:
        raise InputError(
            "There is no notebook here to check.",
            where=str(root),
            fix="Name notebooks or folders, or list them in _toc.yml.",
        )
    context = Context.of(root, files)
    if fix:
        strict = {notebook.path for notebook in context.notebooks if context.is_lesson(notebook)}
        rewritten = [path for path in files if fix_file(path, whole=path in strict)]
        context = Context.of(root, files)
    else:
        rewritten = []
    known = {notebook.path: notebook for notebook in context.notebooks}
    findings: list[Finding] = []
    for path in files:
        if path in known:
            findings += lint_notebook(known[path], context)
            continue
        try:
            if path.suffix.lower() != ".ipynb":
                raise InputError(
                    "This file is not an .ipynb notebook, and lint checks no others.",
                    fix="Name .ipynb files or folders.",
                )
            read(path)
        except InputError as error:
            findings.append(Finding(path=path, rule=UNREADABLE, what=error.what, fix=error.fix or ""))
    return (
        files,
        [
            *findings,
            *_in_checks(context, files),
            *_in_pages(context, files),
            *_amounts_in_pages(context, files),
            *_given_away(context, files),
            *_undeclared(root, files),
        ],
        rewritten,
    )


def _in_checks(context: Context, files: list[Path]) -> list[Finding]:
    """What the checks of the sets looked at say to learners: words bound to one country, and statements that nothing backs."""
    words = context.settings.editions.words
    wanted = {path.resolve() for path in files}
    found = []
    for notebook in context.notebooks:
        block = notebook.block
        if block is None or block.kind != "exercises" or notebook.path.resolve() not in wanted:
            continue
        path = context.root / context.settings.checks / f"{block.id.replace('-', '_')}.py"
        if not path.is_file():
            continue  # a set without checks has a finding of its own
        source = read_text(path, "The module of checks")
        found += [
            Finding(
                path=path,
                rule=EDITION,
                what=f"The word {word!r} belongs to one country.",
                fix=EDITION_FIX,
                file_line=line,
            )
            for line, word in (bound.in_code(source, words, docstrings=False) if words else ())
        ]
        found += [
            Finding(path=path, rule=UNSOURCED, what=what, fix=UNSOURCED_FIX_CHECKS, file_line=line)
            for line, what in claims.in_checks(source, notebook)
        ]
    return found


def _in_pages(context: Context, files: list[Path]) -> list[Finding]:
    """Statements of the pages that nothing backs, and marks that mark nothing; asked when all of the course is.

    A book without a lesson of ours is somebody else's, and its pages are left alone like its notebooks.
    """
    if not context.lessons or not _whole(context, files):
        return []
    marks = {(one.page, one.words) for one in context.settings.claims}
    used, found = set(), []
    for path in context.pages:
        name = path.relative_to(context.root).as_posix()
        for line, sentence, what in claims.in_page(read_text(path)):
            over = {(page, words) for page, words in marks if page == name and words in sentence}
            used |= over
            if not over:
                found.append(
                    Finding(path=path, rule=UNSOURCED, what=what, fix=UNSOURCED_FIX_PAGES, file_line=line)
                )
    return found + [
        Finding(
            path=context.root / FILE,
            rule=UNSOURCED,
            what=f"The mark {words!r} of {page} marks nothing that needs it.",
            fix="Take it out, or correct its words.",
        )
        for page, words in sorted(marks - used)
    ]


def _amounts_in_pages(context: Context, files: list[Path]) -> list[Finding]:
    """Prices on pages of prose that turn into formulas, in anybody's book; asked when all of it is."""
    if context.amounts_stay or not _whole(context, files):
        return []
    return [
        Finding(path=path, rule=AMOUNTS, what=what, fix=AMOUNTS_FIX, file_line=number)
        for path in context.pages
        for number, what in formulas_of_amounts(read_text(path))
    ]


def _whole(context: Context, files: list[Path]) -> bool:
    """Whether all notebooks of the course are looked at."""
    wanted = {path.resolve() for path in files}
    return all(notebook.path.resolve() in wanted for notebook in context.notebooks)


def quiz_report(notebooks: Iterable[Notebook]) -> GiveAway:
    """How far the quiz questions of these notebooks give themselves away."""
    asked = []
    for notebook in notebooks:
        for cell in notebook.with_tag("quiz"):
            options = parse_quiz(cell.source).options
            right = [place for place, option in enumerate(options) if option.right]
            if len(right) == 1:
                asked.append(([option.text for option in options], right[0]))
    return give_away(asked)


def _given_away(context: Context, files: list[Path]) -> list[Finding]:
    """What the questions of all quizzes together give away. It is a matter of the course, and asked when all of it is."""
    if not _whole(context, files):
        return []
    fix = next(rule.fix for rule in RULES if rule.name == "quiz")
    where = context.root / context.settings.lessons
    return [
        Finding(path=where, rule="quiz", what=what, fix=fix)
        for what in quiz_report(context.notebooks).problems()
    ]


def _undeclared(root: Path, files: list[Path]) -> list[Finding]:
    """Files that notebooks were seen to read without declaring them, when they were last run as they are now."""
    from cleanworks.workshop.catalogue import Course
    from cleanworks.workshop.course_jobs import course_jobs, course_options
    from cleanworks.workshop.run import undeclared_reads

    try:
        course = Course.load(root)
        jobs = course_jobs(course)
        found = undeclared_reads(jobs, course_options(course))
    except InputError:
        return []  # what hinders the course from being read is found by the rules, or by the run
    wanted = {path.resolve() for path in files}
    return [
        Finding(
            path=job.path,
            rule=READS,
            what=f"It read {path} when it ran, and does not declare that.",
            fix="Name it under `data` in its metadata, or load it with the course's own functions.",
        )
        for job in jobs
        if job.path is not None and job.path.resolve() in wanted
        for path in found.get(job.name, ())
    ]


def fix_file(path: Path, *, whole: bool = True) -> bool:
    """Bring one file into canonical form; True if that changed it. A file that is no notebook is left alone.

    With ``whole=False`` its cells only get the ids they lack, and everything else stays as the author saved it.

    The new text replaces the old one whole or not at all.
    """
    try:
        notebook = read(path)
    except InputError:
        return False
    if not whole and has_ids(notebook.text):
        return False
    text = dump(canonical(notebook.node) if whole else with_format_of_ids(notebook.node))
    if text == notebook.text:
        return False
    write_whole(path, text.encode("utf-8"))
    return True


def rules_page() -> str:
    """The list of rules as a Markdown table, for the documentation."""
    rows = [f"| `{rule.name}` | {rule.asks} | {rule.fix} |" for rule in RULES]
    return "\n".join(["| rule | what it asks for | what to do |", "| --- | --- | --- |", *rows]) + "\n"


def _has_id(file: Path, name: str) -> bool:
    """Whether a notebook is the lesson `c6` or its exercises, by the name of the file: lint also reads courses that nothing else can."""
    return file.stem == name or file.stem.startswith(f"{name}-")


def _files(root: Path, paths: list[Path]) -> list[Path]:
    if not paths:
        return course_files(root, Settings.load(root))
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += [p for p in sorted(path.rglob("*.ipynb")) if ".ipynb_checkpoints" not in p.parts]
        elif path.is_file():
            found.append(path)
        elif named := [one for one in course_files(root, Settings.load(root)) if _has_id(one, str(path))]:
            found += named
        else:
            raise InputError(
                "There is no such file or folder, and no lesson with this id.",
                where=str(path),
                fix="Check the name.",
            )
    return list(dict.fromkeys(found))
