"""Which images a notebook needs: found from what its cells import, and from what its metadata names."""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cleanworks.literals import texts_in
from cleanworks.workshop.code import plain_python
from cleanworks.workshop.course_jobs import module_roots
from cleanworks.workshop.imports import (
    KNOWN_IMPORTS,
    Fingerprints,
    Modules,
    absolute,
    package_data,
    package_of,
)
from cleanworks.workshop.live.release import Release

if TYPE_CHECKING:
    from cleanworks.workshop.catalogue import Course, Entry

START = ("wasm", "core", "numpy", "pandas", "matplotlib", "cleanworks")
"""What every page loads, in this order."""

TABLE = "data-"
"""The image of a table is called so, and then the table's name."""


def images_for(course: Course, entry: Entry, release: Release | None = None) -> list[str]:
    """The images that a notebook needs besides `START`, in the order to load them.

    A library counts when a cell imports it, when a module that is loaded with such an import does, be it in a function that
    may never be called, or when the notebook's metadata names it in `needs`.
    """
    release = release or Release.load()
    names = set(entry.block.needs) | {name.partition(".")[0] for name in _imported_at_once(course, entry)}
    wanted = [release.image_of[name] for name in sorted(names) if name in release.image_of]
    chosen: list[str] = []
    for image in wanted:
        _add(image, release, chosen)
    return [*chosen, *(TABLE + table for table in _tables(course, entry))]


def _tables(course: Course, entry: Entry) -> list[str]:
    """The tables that a notebook's metadata names, and those that its checks and its cells speak of by their names."""
    known = {table for one in course.notebooks for table in one.block.tables}
    named = set()
    if entry.block.kind == "exercises":
        modules = Modules([*module_roots(course.root), entry.path.parent], _prints())
        folder = (course.root / course.settings.checks).resolve()
        for name in _names_of_notebook(entry):
            for found in modules.files(name):
                path = Path(found.path).resolve()
                if path.is_relative_to(folder) and path.name != "__init__.py":
                    named |= texts_in(path.read_text(encoding="utf-8"))
        for cell in entry.notebook.node.cells:
            if cell.cell_type == "code":
                named |= texts_in(plain_python(cell.source))
    return [*entry.block.tables, *sorted(known & named - set(entry.block.tables))]


def _add(image: str, release: Release, chosen: list[str]) -> None:
    for before in release.images[image].needs:
        _add(before, release, chosen)
    if image not in chosen and image not in START:
        chosen.append(image)


def _imported_at_once(course: Course, entry: Entry) -> set[str]:
    """Absolute names of the modules that running the cells loads, or may load when it calls a function of these."""
    modules = Modules([*module_roots(course.root), entry.path.parent], _prints())
    waiting: list[str] = []
    for cell in entry.notebook.node.cells:
        if cell.cell_type == "code":
            waiting += _names(plain_python(cell.source), everywhere=True)
    seen = set(waiting)
    files: set[str] = set()
    later: set[str] = set()
    while waiting:
        for found in modules.files(waiting.pop()):
            if found.path in files:
                continue
            files.add(found.path)
            further = {absolute(name, found.package) for name in _names_of_file(found.path)} - seen
            seen |= further
            waiting.extend(further)
            later.update(_names_of_file(found.path, everywhere=True))
    return seen | later


@functools.cache
def _names_of_file(path: str, *, everywhere: bool = False) -> tuple[str, ...]:
    return tuple(_names(Path(path).read_text(encoding="utf-8"), everywhere=everywhere))


def _names(code: str, *, everywhere: bool = False) -> list[str]:
    """Modules that a source imports when it is loaded; with `everywhere`, those inside its functions too."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return []
    names = []
    for node in ast.walk(tree) if everywhere else _at_once(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            names += [
                base,
                *(f"{base}{'' if base.endswith('.') else '.'}{alias.name}" for alias in node.names),
            ]
    return names


def _at_once(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _at_once(child)


def code_of(course: Course, entry: Entry) -> str:
    """A digest of the course's own modules that a notebook reaches, with the files beside them."""
    prints = _prints()
    modules = Modules([*module_roots(course.root), entry.path.parent], prints)
    reached = modules.closure(_names_of_notebook(entry))
    packages = {package for path in reached if (package := package_of(path, prints))}
    files = [*reached, *(path for package in packages for path in package_data(package, prints))]
    return hashlib.sha256("".join(prints.file(path) for path in sorted(files)).encode()).hexdigest()


def _names_of_notebook(entry: Entry) -> set[str]:
    prints = _prints()
    return {
        name
        for cell in entry.notebook.node.cells
        if cell.cell_type == "code"
        for name in prints.imports_of_cell(cell.source)
    }


def course_files(course: Course) -> dict[str, Path]:
    """The course's own modules, by their paths from the folder that Python searches.

    Whole packages go along when a notebook reaches one module of them, so that what a learner tries is there too, and
    with them the files that lie beside their modules.
    """
    prints, roots = _prints(), module_roots(course.root)
    reached: set[Path] = set()
    for entry in course.notebooks:
        modules = Modules([*roots, entry.path.parent], prints)
        reached.update(modules.closure(_names_of_notebook(entry)))
    packages = {package for path in reached if (package := package_of(path, prints))}
    files = {path for path in reached if path.parent not in packages}
    for package in packages:
        files.update(package.glob("*.py"), package_data(package, prints))
    return dict(sorted((_place(file, roots), file) for file in files))


def _place(file: Path, roots: Iterable[Path]) -> str:
    """From the folder in which the top package lies; a module beside a notebook keeps its name alone."""
    for root in roots:
        if file.is_relative_to(root) and (root / file.relative_to(root).parts[0] / "__init__.py").is_file():
            return file.relative_to(root).as_posix()
    return file.name


_kept: Fingerprints | None = None


def _prints() -> Fingerprints:
    """Digests and imports of files, each file read once."""
    global _kept
    if _kept is None:
        _kept = Fingerprints(KNOWN_IMPORTS)
    return _kept
