"""`cleanworks init`: make a Jupyter Book project, or a folder of notebooks, a course that the toolkit runs. No cell is changed."""

from __future__ import annotations

import ast
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from cleanworks.errors import InputError
from cleanworks.texts import is_there, read_text
from cleanworks.workshop.catalogue import TOC, Course
from cleanworks.workshop.code import plain_python
from cleanworks.workshop.course_jobs import run_notes, unread_notes
from cleanworks.workshop.files import (
    holds_cells,
    is_myst_notebook,
    myst_content,
    notebook_content,
    other_language,
    write_all,
)
from cleanworks.workshop.settings import FILE as SETTINGS

CONFIG = "_config.yml"
# Folders that hold no pages of a book.
_NOT_PAGES = {"_build", "node_modules", "venv", "site-packages", "dist", "build"}
# What nbgrader makes of an assignment, and what its learners hand in: no pages of anybody's book.
_MADE_BY_NBGRADER = {"release", "submitted", "autograded", "feedback"}
_NBGRADER = ("nbgrader_config.py", "gradebook.db")
# The first page, by the names that people give it.
_FIRST = ("index", "intro", "readme", "README", "landing-page")


def init(root: Path | str) -> tuple[list[Path], list[str]]:
    """Write what a course needs and the folder does not have: `_toc.yml`, `_config.yml`, `cleanworks.toml`.

    Returns
    -------
    (files, notes)
        What was written, and what the author should know.

    Raises
    ------
    InputError
        There is no notebook, a file that is there cannot be used, or nothing was missing.
    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(
            "There is no such folder.",
            where=str(root),
            fix="Name the folder of the book or of the notebooks.",
        )
    texts: dict[str, str] = {}
    notes: list[str] = []
    if not is_there(root / TOC, "The table of contents"):
        books = [path.parent for path in sorted([*root.glob(f"*/{TOC}"), *root.glob(f"*/*/{TOC}")])]
        if books and not is_there(root / CONFIG, "The file of settings of the book"):
            raise InputError(
                f"The table of contents lies in {books[0].relative_to(root).as_posix()}/, so that is the folder of the book.",
                where=str(root),
                fix=f"Write `cleanworks init {books[0].as_posix()}`.",
            )
        texts |= _contents(root, notes)
    if not is_there(root / CONFIG, "The file of settings of the book"):
        texts[CONFIG] = _config(root)
    if not is_there(root / SETTINGS, "The file of settings"):
        texts[SETTINGS] = _settings(root)
    if not texts:
        raise InputError(
            "Nothing is missing here: this is a course already.",
            where=str(root),
            fix="`cleanworks catalogue` shows it, `cleanworks run` runs it.",
        )
    if (root / "myst.yml").is_file():
        notes.append(
            "myst.yml belongs to Jupyter Book 2 and is left alone; this book is built by Jupyter Book 1."
        )
        if TOC in texts:
            notes.append(
                f"{TOC} lists the pages folder by folder, by their names: put them into the order of myst.yml."
            )
    written = write_all({root / name: text for name, text in texts.items()})
    try:
        course = Course.load(root)
        notes += run_notes(course)
        if not (course.notebooks or course.plain):
            if unread := unread_notes(course):
                raise InputError(
                    f"The table of contents names no notebook. {unread[0]}",
                    where=str(root / TOC),
                    fix=unread[1],
                )
            raise InputError(
                "The table of contents names no notebook.",
                where=str(root / TOC),
                fix="Name the notebooks there: .ipynb, or .md that begins with the lines of a MyST notebook.",
            )
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    if not _ignored(root):
        notes.append("Add _build/ to .gitignore: results and pages lie there.")
    return written, notes


def _pages(
    root: Path, suffixes: tuple[str, ...] = (".ipynb", ".md"), *, any_case: bool = False
) -> list[Path]:
    """Files that can be pages of a book, or have other suffixes, in alphabetical order, folder by folder."""
    found: list[Path] = []
    for folder, folders, names in os.walk(root):
        no_pages = _NOT_PAGES | (_MADE_BY_NBGRADER if set(names) & set(_NBGRADER) else set())
        folders[:] = sorted(
            name for name in folders if not name.startswith((".", "_")) and name not in no_pages
        )
        # A Mac leaves `._lesson.ipynb` beside `lesson.ipynb` on other people's disks: no notebook.
        found += [
            Path(folder, name)
            for name in sorted(names)
            if (Path(name.lower()) if any_case else Path(name)).suffix in suffixes
            and not name.startswith(".")
        ]
    return found


def _contents(root: Path, notes: list[str]) -> dict[str, str]:
    """A table of contents of everything that is there, and a first page where there is none."""
    pages: list[Path] = []
    other: list[tuple[Path, str]] = []
    for path in _pages(root):
        if language := _language(path):
            other.append((path, language))
        else:
            pages.append(path)
    notebooks = [path for path in pages if path.suffix == ".ipynb" or is_myst_notebook(read_text(path))]
    if not notebooks and any(holds_cells(read_text(path)) for path in pages if path.suffix == ".md"):
        raise InputError(
            "Pages here hold code cells, and their first lines do not say that they are notebooks.",
            where=str(root),
            fix="Write `jupyter-book myst init PAGE.md --kernel python3` for each of them, which adds those lines.",
        )
    if not notebooks and (
        others := [path for path in _pages(root, (".Rmd", ".qmd", ".py")) if _is_text_notebook(path)]
    ):
        raise InputError(
            f"The notebooks here are text, such as {others[0].relative_to(root).as_posix()}, which Jupyter Book does not read by itself.",
            where=str(root),
            fix=f"Write `jupytext --to myst {others[0].relative_to(root).as_posix()}` for each of them, or name their format "
            f"under `nb_custom_formats` in {CONFIG} and the files in {TOC}.",
        )
    capitals = [
        path.relative_to(root).as_posix()
        for path in _pages(root, (".ipynb",), any_case=True)
        if path.suffix != ".ipynb"
    ]
    if not notebooks and capitals:
        raise InputError(
            f"The name of {capitals[0]} ends in capitals, which Jupyter Book does not read.",
            where=str(root),
            fix="Rename it, and others like it, so that the name ends in .ipynb.",
        )
    notes += [
        f"{name} was left out of {TOC}: Jupyter Book reads names that end in small letters, .ipynb."
        for name in capitals
    ]
    if not notebooks and other:
        path, language = other[0]
        raise InputError(
            f"No notebook here is written for Python, the one language that is run; {path.relative_to(root).as_posix()} is written for {language}.",
            where=str(root),
            fix="Name a folder that holds notebooks in Python.",
        )
    if not notebooks:
        raise InputError(
            "There is no notebook in this folder.", where=str(root), fix="Name the folder that holds them."
        )
    notes += [
        f"{path.relative_to(root).as_posix()} is written for {language} and was left out of {TOC}."
        for path, language in other
    ]
    texts: dict[str, str] = {}
    top = {path.stem: path for path in pages if path.parent == root}
    first = next((top[name] for name in _FIRST if name in top), None)
    if first is None:
        texts["index.md"] = (
            f"# {_title(root)}\n\nThis page was written by `cleanworks init`: say here what the course is about.\n"
        )
    beginning = "index" if first is None else _name(root, first)
    parts: dict[str, list[str]] = {}
    for path in pages:
        if path != first and path.name.lower() not in (
            "readme.md",
            "license.md",
            "changelog.md",
            "contributing.md",
        ):
            parts.setdefault(path.parent.relative_to(root).as_posix(), []).append(_name(root, path))
    toc: dict[str, Any] = {"format": "jb-book", "root": beginning}
    if len(parts) == 1:
        toc["chapters"] = [{"file": name} for names in parts.values() for name in names]
    else:
        toc["parts"] = [
            {
                "caption": _words(folder) if folder != "." else _title(root),
                "chapters": [{"file": name} for name in names],
            }
            for folder, names in parts.items()
        ]
    texts[TOC] = yaml.safe_dump(toc, sort_keys=False, allow_unicode=True)
    return texts


def _language(path: Path) -> str | None:
    """The language of a notebook that is not written for Python; nothing for other notebooks and for pages."""
    text = read_text(path, "The notebook" if path.suffix == ".ipynb" else "The page")
    if path.suffix == ".ipynb":
        content = notebook_content(text, str(path))
    elif is_myst_notebook(text):
        content = myst_content(text, path)
    else:
        return None
    return other_language(content)


def _is_text_notebook(path: Path) -> bool:
    """Whether a file is a notebook in a form that jupytext or Quarto reads."""
    if path.suffix != ".py":
        return True
    text = path.read_text(encoding="utf-8", errors="replace")
    return re.search(r"(?m)^# %%", text) is not None or text.startswith(
        ("# ---\n# jupyter:", "# ---\n# jupytext:")
    )


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).with_suffix("").as_posix()


def _title(root: Path) -> str:
    return _words(root.resolve().name) or "A course"


def _words(name: str) -> str:
    text = re.sub(r"[-_/]+", " ", re.sub(r"(^|/)\d+[-_. ]*", r"\1", name)).strip()
    return text[:1].upper() + text[1:]


def _config(root: Path) -> str:
    return (
        f"title: {yaml.safe_dump(_title(root), allow_unicode=True).splitlines()[0]}\n"
        "only_build_toc_files: true\n"
        'exclude_patterns: [_build, .venv, venv, "**.ipynb_checkpoints", "._*", "**/._*"]\n'
        "execute:\n"
        "  execute_notebooks: cache\n"
        "  timeout: 300\n"
        "sphinx:\n"
        "  config:\n"
        '    myst_dmath_allow_digits: false   # "$10 and $25" are amounts, not a formula\n'
    )


def _settings(root: Path) -> str:
    """The libraries that several notebooks import, to be loaded once, and the lock file if there is one."""
    counts: Counter[str] = Counter()
    for path in _pages(root):
        if path.suffix == ".ipynb":
            counts.update(_imports(notebook_content(read_text(path, "The notebook"), str(path))))
        elif path.suffix == ".md":
            text = read_text(path)
            if is_myst_notebook(text):
                code = "\n".join(
                    re.findall(r"^```\{code-cell\}[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
                )
                counts.update(_imported(re.sub(r"^:.*$", "", code, flags=re.MULTILINE)))
    shared = sorted(name for name, count in counts.items() if count > 1 and _is_installed(name))
    preload = ", ".join(f'"{name}"' for name in shared)
    return (
        "# What the toolkit should know about this course; every entry has a default.\n"
        "# Loaded once, because several notebooks import it; each notebook gets a copy of that Python.\n"
        f"preload = [{preload}]\n"
    )


def _imports(content: dict[str, Any]) -> set[str]:
    codes = (cell["source"] for cell in content["cells"] if cell["cell_type"] == "code")
    return set().union(*map(_imported, codes))


def _imported(code: str) -> set[str]:
    try:
        tree = ast.parse(plain_python(code))
    except (SyntaxError, ValueError):
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def _is_installed(name: str) -> bool:
    """Whether the library is installed here, and is not Python's own (which costs nothing to load)."""
    import importlib.util
    import sys

    top = name.partition(".")[0]
    if top in sys.stdlib_module_names:
        return False
    try:
        found = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return False
    return found is not None and "site-packages" in str(found.origin or "")


def _ignored(root: Path) -> bool:
    path = root / ".gitignore"
    return not (root / ".git").exists() or (path.is_file() and "_build" in read_text(path))
