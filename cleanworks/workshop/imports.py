"""What code imports, and which of the course's own files that reaches: found in the files alone, nothing is imported."""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cleanworks.workshop.code import plain_python


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# What files and cells import, by the digest of their text, as far as runs of this process have read it from their caches.
KNOWN_IMPORTS: dict[str, list[str]] = {}


class Fingerprints:
    """Digests of files, each file read once a run.

    Parameters
    ----------
    imports_cache : dict, optional
        Digest of a piece of code -> names it imports; valid for ever, so it is kept between runs.
    earlier : Fingerprints, optional
        Files that have not been written since these were taken are not read again.
    """

    def __init__(
        self, imports_cache: dict[str, list[str]] | None = None, earlier: Fingerprints | None = None
    ):
        self.imports_cache = imports_cache if imports_cache is not None else {}
        self._digests: dict[str, str] = {}
        self._signatures: dict[str, tuple[int, ...]] = {}
        self._earlier = earlier
        self._found: dict[tuple[str, ...], dict[str, list[_Found]]] = {}
        self._listed: dict[str, dict[str, bool]] = {}
        self._further: dict[_Found, frozenset[str]] = {}

    def hold(self) -> bool:
        """Whether every file that was looked at is what it was, and nothing else lies beside them."""
        now = Fingerprints(earlier=self)
        try:
            return all(
                _kept(now.listed(folder)) == _kept(listed) for folder, listed in self._listed.items()
            ) and all(now.file(name) == known for name, known in self._digests.items())
        except OSError:
            return False

    def listed(self, folder: str) -> dict[str, bool]:
        """What a folder holds, and whether each is a folder; nothing if it is none. Thousands of names are looked up."""
        if folder not in self._listed:
            self._listed[folder] = {}
            with contextlib.suppress(OSError), os.scandir(folder or ".") as entries:
                self._listed[folder] = {entry.name: entry.is_dir() for entry in entries}
        return self._listed[folder]

    def found(self, roots: Sequence[str]) -> dict[str, list[_Found]]:
        """What `Modules` with these roots have found so far, by name."""
        return self._found.setdefault(tuple(roots), {})

    def file(self, path: str | Path) -> str:
        name = os.fspath(path)
        if name not in self._digests:
            # Looked at before it is read: a change in between shows the next time.
            self._signatures[name] = signature = _signature(name)
            self._digests[name] = self._known(name, signature) or digest(_read(name))
        return self._digests[name]

    def _known(self, name: str, signature: tuple[int, ...]) -> str | None:
        earlier = self._earlier
        if earlier is None or not signature or earlier._signatures.get(name) != signature:
            return None
        return earlier._digests.get(name)

    def imports(self, path: str | Path) -> list[str]:
        """Absolute names of the modules that a Python file imports (relative ones start with dots)."""
        key = self.file(path)
        if key not in self.imports_cache:
            self.imports_cache[key] = list(imported_names(_read(os.fspath(path)).decode("utf-8", "replace")))
        return self.imports_cache[key]

    def further(self, found: _Found) -> frozenset[str]:
        """Absolute names of what the file of a module imports."""
        if found not in self._further:
            names = (absolute(name, found.package) for name in self.imports(found.path))
            self._further[found] = frozenset(names)
        return self._further[found]

    def imports_of_cell(self, code: str) -> list[str]:
        """The same of a cell, which may hold IPython's own lines."""
        if "import" not in code:
            return []
        key = f"cell {digest(code.encode('utf-8', 'surrogatepass'))}"
        if key not in self.imports_cache:
            self.imports_cache[key] = list(imported_names(plain_python(code)))
        return self.imports_cache[key]


def _kept(listed: Mapping[str, bool]) -> dict[str, bool]:
    """Without the folders that Python, Jupyter and we make while lessons run."""
    return {name: listed[name] for name in listed.keys() - {"__pycache__", ".ipynb_checkpoints", "_build"}}


def _read(name: str) -> bytes:
    with open(name, "rb") as file:
        return file.read()


# Nanoseconds in which a file could be written again without a sign of it: the clocks of file systems are coarse.
_COARSE = 2_000_000_000


def _signature(name: str) -> tuple[int, ...]:
    """What changes when a file is written; empty if it was written so lately that another change might not show."""
    status = os.stat(name)
    if time.time_ns() - status.st_mtime_ns < _COARSE:
        return ()
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


@functools.lru_cache(maxsize=4096)
def imported_names(code: str) -> tuple[str, ...]:
    """Modules that Python source imports: ``a.b`` for ``import a.b``, and ``a``, ``a.b`` for ``from a import b``.

    Code that does not parse (a shell line, an unfinished cell) is searched line by line instead.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return tuple(sorted(_names_by_line(code)))
    names: set[str] = set()
    # Expressions, most of a tree, are looked through only where one of them can import.
    by_call = "import_module" in code or "__import__" in code
    for node in ast.walk(tree) if by_call else _statements(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            names.add(base)
            join = "" if base.endswith(".") else "."
            names.update(f"{base}{join}{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "import_module",
            "__import__",
        ):
            names.update(_names_of_call(node))
    return tuple(sorted(names))


def _names_of_call(call: ast.Call) -> list[str]:
    """The module that ``import_module(".b", "a")`` imports, as far as its words stand in the code."""
    given = [*call.args[:2], *(word.value for word in call.keywords if word.arg in ("name", "package"))]
    texts = [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return [absolute(texts[0], texts[1])] if len(texts) > 1 else texts


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Every statement of a module, and those inside it: bodies, branches, handlers, cases."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting.extend(getattr(node, part, ()))


def _names_by_line(code: str) -> set[str]:
    names: set[str] = set()
    for line in code.splitlines():
        if found := re.match(r"\s*from\s+([\w.]+)\s+import\s+(.+)", line):
            base = found[1]
            names.add(base)
            names.update(f"{base}.{name}" for name in re.findall(r"\w+", found[2]))
        elif found := re.match(r"\s*import\s+(.+)", line):
            names.update(part.split()[0] for part in found[1].split(",") if part.split())
    return names


@dataclass(frozen=True)
class _Found:
    """A file of a module, and the package that its relative imports start from."""

    path: str
    package: str


class Modules:
    """Finds the course's own modules that some code reaches, through files alone: nothing is imported."""

    def __init__(self, roots: Iterable[Path], prints: Fingerprints):
        self.roots = [os.fspath(root) for root in roots]
        self.prints = prints
        self._found = prints.found(self.roots)

    def files(self, name: str) -> list[_Found]:
        """Files that importing ``a.b.c`` executes: the packages on the way, then the module. Empty if not ours."""
        if name not in self._found:
            self._found[name] = self._search(name)
        return self._found[name]

    def _search(self, name: str) -> list[_Found]:
        parts = name.split(".")
        for root in self.roots:
            files, folder = [], root
            for number, part in enumerate(parts):
                there, inner = self.prints.listed(folder), os.path.join(folder, part)
                is_folder = there.get(part, False)
                if is_folder and self.prints.listed(inner).get("__init__.py") is False:
                    files.append(_Found(os.path.join(inner, "__init__.py"), ".".join(parts[: number + 1])))
                elif there.get(f"{part}.py") is False:
                    files.append(_Found(f"{inner}.py", ".".join(parts[:number])))
                    break
                elif not is_folder:
                    break
                folder = inner
            if files:
                return files
        return []

    def closure(self, names: Iterable[str]) -> list[Path]:
        """Every file of ours that importing `names` can reach, sorted."""
        seen: set[str] = set()
        asked = set(names)
        waiting = list(asked)
        while waiting:
            for found in self.files(waiting.pop()):
                if found.path not in seen:
                    seen.add(found.path)
                    further = self.prints.further(found) - asked
                    asked |= further
                    waiting.extend(further)
        return [Path(path) for path in sorted(seen)]


def absolute(name: str, package: str) -> str:
    """``..x`` seen from package ``a.b`` is ``a.x``."""
    level = len(name) - len(name.lstrip("."))
    if level == 0:
        return name
    parts = package.split(".")
    kept = parts[: len(parts) - (level - 1)]
    return ".".join([*kept, *filter(None, [name[level:]])])


def package_of(path: Path, prints: Fingerprints) -> Path | None:
    """The package in whose folder a module lies."""
    folder = path.parent
    return folder if prints.listed(os.fspath(folder)).get("__init__.py") is False else None


def package_data(package: Path, prints: Fingerprints) -> list[Path]:
    """Files that a package carries besides its code: in its folder, and in folders under it that are no packages."""
    found: list[Path] = []
    for name, is_folder in sorted(prints.listed(os.fspath(package)).items()):
        inner = package / name
        if not is_folder:
            found += [inner] if not name.endswith((".py", ".pyc")) else []
        elif name != "__pycache__" and prints.listed(os.fspath(inner)).get("__init__.py") is not False:
            found += package_data(inner, prints)
    return found
