"""The cache key: a digest of everything that a lesson's outputs depend on, piece by piece.

The pieces are kept beside the result, so that the next run can say which one changed. Prose, tags, titles and
outputs are no pieces: changing them executes nothing.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from cleanworks import __version__
from cleanworks.errors import InputError

from .jobs import MAY_RAISE, NOT_EXECUTED, Job, RunOptions, Source, tags_of

# A kernel inherits these from the shell, and they choose the country, the language and the tables.
_CHOOSING = ("CLEANWORKS_DATA", "CLEANWORKS_LANGUAGE", "CLEANWORKS_PROFILE")

# Raised by hand when the meaning of a stored result changes.
FORMAT = "1"

# The code that turns cells into outputs: a change there makes every result old.
_HERE = Path(__file__).parent
_EXECUTING = sorted(
    [
        *(_HERE / f"{name}.py" for name in ("access", "client", "direct", "execute", "outcome", "runner", "watch")),
        *(_HERE / "kernels").glob("*.py"),
    ]
)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Fingerprints:
    """Digests of files, each file read once a run."""

    def __init__(self, imports_cache: dict[str, list[str]] | None = None):
        self._digests: dict[Path, str] = {}
        # Digest of a module's source -> names it imports; valid for ever, so it is kept between runs.
        self.imports_cache = imports_cache if imports_cache is not None else {}
        self._found: dict[tuple[Path, ...], dict[str, list[Path]]] = {}

    def found(self, roots: Iterable[Path]) -> dict[str, list[Path]]:
        """What `Modules` with these roots have found so far, by name."""
        return self._found.setdefault(tuple(roots), {})

    def file(self, path: Path) -> str:
        if path not in self._digests:
            self._digests[path] = digest(path.read_bytes())
        return self._digests[path]

    def imports(self, path: Path) -> list[str]:
        """Absolute names of the modules that a Python file imports (relative ones start with dots)."""
        key = self.file(path)
        if key not in self.imports_cache:
            self.imports_cache[key] = imported_names(path.read_text(encoding="utf-8", errors="replace"))
        return self.imports_cache[key]


def imported_names(code: str) -> list[str]:
    """Modules that Python source imports: ``a.b`` for ``import a.b``, and ``a``, ``a.b`` for ``from a import b``.

    Code that does not parse (a shell line, an unfinished cell) is searched line by line instead.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return sorted(_names_by_line(code))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            names.add(base)
            join = "" if base.endswith(".") else "."
            names.update(f"{base}{join}{alias.name}" for alias in node.names if alias.name != "*")
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "import_module",
            "__import__",
        ):
            names.update(
                a.value for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str)
            )
    return sorted(names)


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


def without_magics(code: str) -> str:
    """Cell source as plain Python: IPython's ``%`` and ``!`` lines are left out, ``%%`` cells keep their body."""
    kept = [
        line if not re.match(r"\s*[%!]|\s*\w+\s*=\s*[%!]", line) else "pass" for line in code.splitlines()
    ]
    return "\n".join(kept)


class Modules:
    """Finds the course's own modules that some code reaches, through files alone: nothing is imported."""

    def __init__(self, roots: Iterable[Path], prints: Fingerprints):
        self.roots = [Path(root) for root in roots]
        self.prints = prints
        self._found = prints.found(self.roots)

    def files(self, name: str) -> list[Path]:
        """Files that importing ``a.b.c`` executes: the packages on the way, then the module. Empty if not ours."""
        if name not in self._found:
            self._found[name] = self._search(name)
        return self._found[name]

    def _search(self, name: str) -> list[Path]:
        # Thousands of names are looked up: `os.path` takes a fifth of the time of `pathlib`.
        parts = name.split(".")
        for root in self.roots:
            files, folder = [], str(root)
            for part in parts:
                inner = os.path.join(folder, part)
                if os.path.isfile(package := os.path.join(inner, "__init__.py")):
                    files.append(Path(package))
                elif os.path.isfile(module := f"{inner}.py"):
                    files.append(Path(module))
                    break
                elif not os.path.isdir(inner):
                    break
                folder = inner
            if files:
                return files
        return []

    def closure(self, names: Iterable[str]) -> list[Path]:
        """Every file of ours that importing `names` can reach, sorted."""
        seen: dict[Path, str] = {}
        waiting = [(name, "") for name in names]
        while waiting:
            name, importer = waiting.pop()
            for path in self.files(_absolute(name, importer)):
                if path not in seen:
                    module = self._module_name(path)
                    seen[path] = module
                    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
                    waiting.extend((found, package) for found in self.prints.imports(path))
        return sorted(seen)

    def _module_name(self, path: Path) -> str:
        for root in self.roots:
            if path.is_relative_to(root):
                parts = path.relative_to(root).with_suffix("").parts
                return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        raise AssertionError(path)


def _absolute(name: str, package: str) -> str:
    """``..x`` seen from package ``a.b`` is ``a.x``."""
    level = len(name) - len(name.lstrip("."))
    if level == 0:
        return name
    parts = package.split(".")
    kept = parts[: len(parts) - (level - 1)]
    return ".".join([*kept, *filter(None, [name[level:]])])


class Key:
    """Digest of one lesson, and the pieces it is made of.

    The pieces named after cells only serve to say which cell changed: the ids are not part of the digest, so renaming a
    cell executes nothing.
    """

    def __init__(self, pieces: Mapping[str, str]):
        self.pieces = dict(pieces)
        kept = {name: value for name, value in self.pieces.items() if not name.startswith("cell ")}
        self.value = digest(json.dumps(kept, sort_keys=True).encode())


@functools.cache
def tool_pieces() -> dict[str, str]:
    """What the machine and the tool bring in."""
    executing = digest(b"".join(path.read_bytes() for path in _EXECUTING if path.is_file()))
    versions = []
    for package in ("nbclient", "ipykernel", "ipython"):
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            versions.append(f"{package} absent")
    return {
        "tool": " ".join([FORMAT, __version__, executing[:16], *versions]),
        "Python": f"{platform.python_implementation()} {platform.python_version()} {sys.platform} {platform.machine()}",
    }


def inherited_variables() -> dict[str, str]:
    """Variables of the shell that a kernel inherits and that choose what a lesson computes with."""
    return {name: os.environ[name] for name in sorted(_CHOOSING) if os.environ.get(name)}


def shared_pieces(options: RunOptions, prints: Fingerprints) -> dict[str, str]:
    """Pieces that all lessons of a run share."""
    pieces = dict(tool_pieces())
    variables = {**inherited_variables(), **options.environment, "": options.hash_seed}
    pieces["environment"] = digest(json.dumps(variables, sort_keys=True).encode())
    for path in options.inputs:
        pieces[f"file {shown(Path(path), options.root)}"] = _file_digest(Path(path), prints, "The run")
    return pieces


def lesson_key(
    job: Job,
    source: Source,
    modules: Sequence[Path],
    options: RunOptions,
    prints: Fingerprints,
    shared: Mapping[str, str],
) -> Key:
    """The key of one lesson. `modules` are the course's own that it reaches, `shared` the pieces of `shared_pieces`.

    Raises
    ------
    InputError
        A declared data file does not exist or cannot be read.
    """
    pieces = dict(shared)
    for _, cell in source.code_cells:
        # These two tags decide what is executed, so they belong to the code; no other tag does.
        marks = [tag for tag in (MAY_RAISE, NOT_EXECUTED) if tag in tags_of(cell)]
        pieces[f"cell {cell['id']}"] = digest(json.dumps([cell["source"], marks]).encode())
    # The order of the cells counts too, their ids do not.
    order = [pieces[f"cell {cell['id']}"] for _, cell in source.code_cells]
    pieces["order of cells"] = digest(json.dumps(order).encode())
    for path in declared_files(job):
        pieces[f"data {shown(path, options.root)}"] = _file_digest(path, prints, f"The lesson {job.name}")
    for path in modules:
        pieces[f"module {shown(path, options.root)}"] = prints.file(path)
    return Key(pieces)


def declared_files(job: Job) -> list[Path]:
    """The files a job declares; folders give all files in them."""
    files: list[Path] = []
    for path in map(Path, job.data):
        if path.is_dir():
            files.extend(sorted(inner for inner in path.rglob("*") if inner.is_file()))
        else:
            files.append(path)
    return files


def local_modules(job: Job, source: Source, prints: Fingerprints) -> list[Path]:
    """Files of the course's own modules that the cells can reach by imports, with the data files beside them."""
    modules = Modules([*map(Path, job.roots), job.folder], prints)
    code = (without_magics(cell["source"]) for _, cell in source.code_cells)
    reached = modules.closure(name for cell in code for name in imported_names(cell))
    packages = sorted({path.parent for path in reached if (path.parent / "__init__.py").is_file()})
    return reached + [path for package in packages for path in package_data(package)]


def package_data(package: Path) -> list[Path]:
    """Files that a package carries besides its code: in its folder, and in folders under it that are no packages."""
    found: list[Path] = []
    for path in sorted(package.iterdir()):
        if path.is_dir():
            if path.name != "__pycache__" and not (path / "__init__.py").is_file():
                found.extend(package_data(path))
        elif path.suffix not in (".py", ".pyc"):
            found.append(path)
    return found


def _file_digest(path: Path, prints: Fingerprints, who: str) -> str:
    try:
        return prints.file(path)
    except FileNotFoundError:
        raise InputError(
            f"{who} needs this file, and it does not exist.",
            where=str(path),
            fix="Make the data first, or correct the list of data files.",
        ) from None
    except OSError as error:
        raise InputError(
            f"{who} needs this file, and it cannot be read: {error.strerror}.", where=str(path)
        ) from None


def shown(path: Path, root: Path) -> str:
    """A path as messages show it: relative to the course if it lies inside."""
    inside, outside = os.path.realpath(path), os.path.realpath(root)
    if inside == outside:
        return "."
    prefix = outside.rstrip(os.sep) + os.sep
    return Path(inside[len(prefix) :]).as_posix() if inside.startswith(prefix) else Path(path).as_posix()


def difference(old: Mapping[str, str], new: Mapping[str, str], limit: int = 3) -> str:
    """Which pieces changed, in words: ``data payments.csv changed, cell load is new``."""
    changed = [f"{name} changed" for name in new if name in old and old[name] != new[name]]
    added = [f"{name} is new" for name in new if name not in old]
    gone = [f"{name} is gone" for name in old if name not in new]
    parts = [*changed, *added, *gone]
    # "Order of cells" goes along with any change of a cell; it is only news on its own.
    if len(parts) > 1:
        parts = [part for part in parts if not part.startswith("order of cells")]
    more = f" and {len(parts) - limit} more" if len(parts) > limit else ""
    return ", ".join(parts[:limit]) + more
