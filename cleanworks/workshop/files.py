"""YAML and notebooks that people hand in, read in one way.

Only the standard library and PyYAML are loaded, so that a command with nothing to do starts in no time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from cleanworks.errors import InputError, remedy
from cleanworks.texts import read_text as read_text  # the run takes it from here
from cleanworks.written import whole

# A settings file or a table of contents of the largest books has some 100 kB and a few thousand nodes.
_YAML_BYTES = 2_000_000
_YAML_NODES = 50_000


def read_yaml(path: Path | str, what: str) -> Any:
    """The value of a YAML file, bounded: neither loops of aliases nor nested ones can make it endless.

    Raises
    ------
    InputError
        The file cannot be read, is not YAML, or grows beyond any table of contents when its aliases are written out.
    """
    return parse_yaml(read_text(path, what), path, what)


def parse_yaml(text: str, path: Path | str, what: str) -> Any:
    """`read_yaml` for a text that was read already."""
    if len(text) > _YAML_BYTES:
        raise InputError(
            f"{what} has {len(text):,} characters, more than any list that people write.",
            where=str(path),
            fix="Check that the file is the one you mean.",
        )
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            _count(node, path, what)
            return None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except InputError:
        raise
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}, line {mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it is not YAML"
        raise InputError(
            f"{what} cannot be read: {problem}.", where=place, fix="Correct that line."
        ) from None
    except RecursionError:
        raise InputError(
            f"{what} is nested too deeply.", where=str(path), fix="Write it with fewer levels."
        ) from None
    except (ValueError, OverflowError) as error:  # such as the 31st of February, written without quotes
        raise InputError(
            f"{what} cannot be read: {error}.", where=str(path), fix="Put that value in quotes."
        ) from None


def _count(root: yaml.Node | None, path: Path | str, what: str) -> None:
    """Refuse aliases that lead into themselves, and those that stand for too much when written out."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node) -> int:
        name = id(node)
        if name in open_nodes:
            raise InputError(
                f"{what} contains itself: an alias (`*name`) stands inside what it names.",
                where=f"{path}, line {node.start_mark.line + 1}",
                fix="Write the entries out.",
            )
        if name not in sizes:
            open_nodes.add(name)
            if isinstance(node, yaml.MappingNode):
                _refuse_twice(node, path, what)
            children = node.value if isinstance(node, yaml.CollectionNode) else []
            total = 1
            for child in children:
                total += sum(map(size, child)) if isinstance(child, tuple) else size(child)
            open_nodes.discard(name)
            sizes[name] = total
        if sizes[name] > _YAML_NODES:
            raise InputError(
                f"{what} has more than {_YAML_NODES:,} entries when its aliases are written out.",
                where=f"{path}, line {node.start_mark.line + 1}",
                fix="Write the entries out once.",
            )
        return sizes[name]

    if root is not None:
        size(root)


def _refuse_twice(node: yaml.MappingNode, path: Path | str, what: str) -> None:
    """Refuse a key that stands twice in one place: YAML's reader would forget the first value without a word."""
    lines: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
            continue
        line = key.start_mark.line + 1
        if key.value in lines:
            raise InputError(
                f"{what} has `{key.value[:80]}` twice in one place, first in line {lines[key.value]}.",
                where=f"{path}, line {line}",
                fix="Keep one of them.",
            )
        lines[key.value] = line


# The codes of which two make one letter, as JSON writes them.
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


# --- notebooks ----------------------------------------------------------------------------------------------------


def notebook_content(text: str, where: str) -> dict[str, Any]:
    """The content of a notebook file: format 4, every cell with a source in one piece and an id of its own.

    Notebooks before format 4.5 have no ids, and some programs write one twice: these cells are named by their place.

    Raises
    ------
    InputError
        It is not JSON, or not a notebook of format 4.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"The notebook is not JSON: {error.msg} at column {error.colno}.",
            where=f"{where}, line {error.lineno}",
            fix="Look for a merge conflict or a missing comma there, or take the last version that opened.",
        ) from None
    except RecursionError:
        raise InputError(
            "The notebook is nested too deeply to be a notebook.",
            where=where,
            fix="Check that the file is the one you mean.",
        ) from None
    except ValueError as error:  # a whole number of thousands of digits
        raise InputError(
            f"The notebook is not JSON: {error}.", where=where, fix="Check that the file is the one you mean."
        ) from None
    # JSON can say half of a letter that takes two codes, which no text can hold: whoever writes it later would fail.
    if _HALF.search(text):
        try:
            json.dumps(content, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            half = ascii(error.object[error.start])[1:-1]
            line = next((n for n, one in enumerate(text.splitlines(), 1) if half in one.lower()), 1)
            raise InputError(
                f"The notebook holds half of a letter: {half}.",
                where=f"{where}, line {line}",
                fix="Write the letter there anew: it is often a smiley that a program cut through.",
            ) from None
    return checked_content(content, where)


def checked_content(content: Any, where: str) -> dict[str, Any]:
    """The same for content that was read already, such as a notebook written as Markdown."""
    if isinstance(content, dict) and isinstance(content.get("worksheets"), list):
        raise InputError(
            "The notebook has format 3, which was in use until 2015; format 4 is needed.",
            where=where,
            fix="Open it in JupyterLab and save it.",
        )
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise InputError(
            "This is not a notebook: it has no list of cells.",
            where=where,
            fix="Check that the file is the one you mean.",
        )
    minor = content.get("nbformat_minor", 0)
    if content.get("nbformat") != 4 or isinstance(content["nbformat"], bool) or not isinstance(minor, int):
        named = content.get("nbformat") if isinstance(minor, int) else f"4.{minor!r}"
        raise InputError(
            f"The notebook has format {named if isinstance(named, str) else repr(named)}; format 4 is needed.",
            where=where,
            fix="Open it in JupyterLab and save it.",
        )
    content.setdefault("metadata", {})
    if not isinstance(content["metadata"], dict):
        raise InputError(
            "The notebook's metadata is not a block of named values.",
            where=where,
            fix="Open it in JupyterLab and save it.",
        )
    for name in ("jupytext", "kernelspec", "language_info", "mystnb"):
        # Whoever builds pages takes for granted that these are blocks.
        if not isinstance(content["metadata"].get(name), dict | None):
            raise InputError(
                f"`{name}` in the notebook's metadata is not a block of named values.",
                where=where,
                fix="Take it out of the metadata, or write it anew: JupyterLab does when a kernel is chosen.",
            )
    for position, cell in enumerate(content["cells"], 1):
        wrong = _cell_problem(cell)
        if wrong:
            raise InputError(
                wrong, where=f"{where}, cell {position}", fix="Open it in JupyterLab and save it."
            )
        if isinstance(cell["source"], list):
            cell["source"] = "".join(cell["source"])
    _give_ids(content["cells"])
    return content


# Names of kernels by which a notebook gives its language away where it does not say it.
_KERNELS = {"ir": "R", "julia": "Julia", "bash": "Bash", "octave": "Octave", "xcpp": "C++", "scala": "Scala"}


def other_language(content: dict[str, Any]) -> str | None:
    """The language of a notebook that is not written for Python; None for one that is, or says nothing about it.

    Parameters
    ----------
    content : dict
        What `notebook_content` gives. The kernel says its language, else the block that a kernel leaves in an executed notebook,
        else the kernel's name; a name that nobody knows is somebody's environment of Python.

    Examples
    --------
    >>> other_language({"metadata": {"kernelspec": {"name": "ir"}}})
    'R'
    >>> other_language({"metadata": {"kernelspec": {"name": "my-env"}}}) is None
    True
    """
    kernel, info = (
        block if isinstance(block, dict) else {}
        for block in map(content["metadata"].get, ("kernelspec", "language_info"))
    )
    named = re.match("[a-z]*", str(kernel.get("name") or "").lower())
    language = str(kernel.get("language") or info.get("name") or _KERNELS.get(named[0] if named else "", ""))
    return None if not language or re.match("i?python", language.lower()) else language


def _cell_problem(cell: Any) -> str | None:
    if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return "The type of this cell is not known."
    source = cell.get("source")
    if not isinstance(source, str) and not (
        isinstance(source, list) and all(isinstance(line, str) for line in source)
    ):
        return "The cell has no source."
    metadata = cell.setdefault("metadata", {})
    if not isinstance(metadata, dict):
        return "The cell's metadata is not a block of named values."
    tags = metadata.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return "The cell's tags are not a list of words."
    block = metadata.get("cleanworks", {})
    if not isinstance(block, dict) or not isinstance(block.get("question"), str | None):
        return "The cell's entry `cleanworks` in its metadata is not a block of named values."
    outputs, attachments = cell.get("outputs", []), cell.get("attachments", {})
    if not isinstance(outputs, list) or not all(map(_is_output, outputs)):
        return "What the cell shows is not stored as a notebook stores it."
    if not isinstance(attachments, dict) or not all(isinstance(one, dict) for one in attachments.values()):
        return "The cell's attachments are not a block of named values."
    return None


def _is_output(output: Any) -> bool:
    if not isinstance(output, dict) or not all(
        isinstance(output.get(name, {}), dict) for name in ("data", "metadata")
    ):
        return False
    text = output.get("text", "")
    return isinstance(text, str) or (isinstance(text, list) and all(isinstance(line, str) for line in text))


def _give_ids(cells: list[dict[str, Any]]) -> None:
    """An id for each cell that has none, or one that an earlier cell has."""
    taken: set[str] = set()
    for cell in cells:
        if isinstance(cell.get("id"), str) and cell["id"] and cell["id"] not in taken:
            taken.add(cell["id"])
        else:
            cell.pop("id", None)
    for position, cell in enumerate(cells, 1):
        if "id" not in cell:
            name, again = f"cell-{position}", 1
            while name in taken:
                again += 1
                name = f"cell-{position}-{again}"
            cell["id"] = name
            taken.add(name)


# --- notebooks written as text --------------------------------------------------------------------------------------


def is_myst_notebook(text: str) -> bool:
    """Whether a Markdown file is a notebook for MyST-NB, which its first lines say: `file_format` or `jupytext`."""
    try:
        front = yaml.safe_load(_front(text))
    except (yaml.YAMLError, ValueError, RecursionError):
        return False
    if not isinstance(front, dict):
        return False
    form = front.get("jupytext")
    form = form.get("text_representation") if isinstance(form, dict) else None
    return front.get("file_format") == "mystnb" or (
        isinstance(form, dict) and form.get("format_name") == "myst"
    )


# Directives whose lines are shown as they stand; in any other one, and in a list, a code cell was meant to be executed.
_LITERAL = re.compile(
    r"\{(code|code-block|sourcecode|literalinclude|raw|eval-rst|math|mermaid|code-cell|raw-cell)\}"
)


def holds_cells(text: str) -> bool:
    """Whether prose holds code cells, which are shown and never executed.

    On a page that does not say it is a notebook this is each of them; in the prose of a notebook it is those inside a list or another
    directive, or between colons, where MyST-NB looks for none.
    """
    if "{code-cell}" not in text:
        return False
    fences: list[tuple[str, bool]] = []
    for line in text.splitlines():
        found = re.match(r"[\s>]*(?:(?:[-*+]|\d+[.)])\s+)*(`{3,}|~{3,}|:{3,})\s*(.*)", line)
        if not found:
            continue
        mark, rest = found[1], found[2].strip()
        if fences and not rest and mark.startswith(fences[-1][0]):
            fences.pop()
        elif not (fences and fences[-1][1]):
            if rest.startswith("{code-cell}"):
                return True
            fences.append((mark, not rest.startswith("{") or bool(_LITERAL.match(rest))))
    return False


def _front(text: str) -> str:
    """The lines of YAML with which a Markdown file may begin."""
    if not text.startswith("---"):
        return ""
    lines = text.splitlines()
    end = next((n for n, line in enumerate(lines[1:], 1) if line.startswith(("---", "..."))), len(lines))
    return "\n".join(lines[1:end])


def myst_content(text: str, path: Path | str) -> dict[str, Any]:
    """The content of a Markdown notebook, as MyST-NB reads it; `source_map` in its metadata has each cell's first line.

    Raises
    ------
    InputError
        Its cells cannot be told apart, or name a file that is missing.
    """
    from myst_nb.core.read import read_myst_markdown_notebook

    parse_yaml(_front(text), path, "The beginning of the notebook")  # neither loops nor bombs of aliases
    try:
        node = read_myst_markdown_notebook(text, add_source_map=True, path=str(path))
    except Exception as error:  # the reader raises errors of its own, of YAML and of missing files
        said = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise InputError(
            f"The notebook cannot be read: {said}.",
            where=str(path),
            fix="Open it with the program that wrote it, and save it again.",
        ) from None
    return _named_by_place(node, path)


def kept_myst_content(text: str, path: Path | str, folder: Path) -> dict[str, Any]:
    """`myst_content`, or what `keep_myst_content` kept of it: to load MyST-NB takes longer than all else that a run without work does."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(_kept_at(path, folder).read_bytes())
        if known["key"] == _key(text):
            return checked_content(known["content"], str(path))
    return myst_content(text, path)


def keep_myst_content(content: dict[str, Any], text: str, path: Path | str, folder: Path) -> None:
    """Keep what was read of a text notebook for the next command; what cannot be written is read again."""
    kept = _kept_at(path, folder)
    if re.search(r"\bload\b[\"']?\s*:", text):
        return  # a cell takes its lines from another file
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        if json.loads(kept.read_bytes())["key"] == _key(text):
            return
    with contextlib.suppress(OSError, ValueError):
        folder.mkdir(parents=True, exist_ok=True)
        with whole(kept) as file:
            file.write(json.dumps({"key": _key(text), "content": content}, ensure_ascii=False).encode())


def _kept_at(path: Path | str, folder: Path) -> Path:
    return folder / f"{hashlib.sha256(str(path).encode()).hexdigest()[:16]}.json"


def _key(text: str) -> str:
    """Of a text notebook, of what reads it, and of this file, which says how."""
    from importlib.metadata import version

    read_with = [version(name) for name in ("myst-nb", "myst-parser", "markdown-it-py", "nbformat")]
    return hashlib.sha256("\0".join([*read_with, text]).encode() + Path(__file__).read_bytes()).hexdigest()


def custom_content(text: str, path: Path | str, reader: str, options: dict[str, Any]) -> dict[str, Any]:
    """The content of a notebook in a format that `_config.yml` names, such as `jupytext.reads`.

    Raises
    ------
    InputError
        There is no such reader, or it cannot read the file.
    """
    import importlib

    module, _, function = reader.rpartition(".")
    try:
        read = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError):
        raise InputError(
            f"The reader {reader!r} of `nb_custom_formats` cannot be loaded.",
            where=str(path),
            fix="Install its package, or correct the name in _config.yml.",
        ) from None
    try:
        node = read(text, **options)
    except Exception as error:
        said = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise InputError(
            f"{reader} cannot read the notebook: {said}.",
            where=str(path),
            fix="Correct the file, or name another reader in _config.yml.",
        ) from None
    return _named_by_place(node, path)


def _named_by_place(node: Any, path: Path | str) -> dict[str, Any]:
    """A text has no ids: those that readers make up are new each time, and no result could be kept."""
    try:
        # YAML has dates, which a notebook has not: `date: 2026-03-01` is what it says.
        content = json.loads(json.dumps(node, default=str))
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"The notebook's metadata cannot be read: {error}.",
            where=str(path),
            fix="Correct its first lines.",
        ) from None
    for cell in content["cells"]:
        cell.pop("id", None)
    content["nbformat"], content["nbformat_minor"] = 4, 5
    return checked_content(content, str(path))


def line_in_file(text: str, cell_id: str, line: int | None = None) -> int | None:
    """The line of a notebook's file that holds a line of a cell, or the cell's id; both counted from 1.

    Notebooks are written with one source line per line; for any other layout it is the line of the id, and None without one.
    """
    lines = text.splitlines()
    mark = f'"id": {json.dumps(cell_id)}'
    start = next((n for n, content in enumerate(lines, 1) if mark in content), None)
    if start is None or line is None:
        return start
    source = next((n for n in range(start, len(lines) + 1) if lines[n - 1].strip() == '"source": ['), None)
    return source + line if source else start


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that readers see the old content or the new, never a part.

    Raises
    ------
    InputError
        The disk is full, or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as file:
            file.write(data)
    except OSError as error:
        raise InputError(
            f"The file cannot be written: {error.strerror or error}.",
            where=str(path),
            fix=remedy(error, "Free some space on the disk, or choose a folder that you may write to."),
        ) from None


def write_all(files: Mapping[Path, str]) -> list[Path]:
    """Write new files, all or none: what was written is removed again when one cannot be.

    Raises
    ------
    InputError
        The disk is full, or a folder cannot be written.
    """
    written: list[Path] = []
    try:
        for path, text in files.items():
            write_whole(path, text.encode("utf-8"))
            written.append(path)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return written


def remove(path: Path) -> None:
    """Remove a file, if it is there.

    Raises
    ------
    InputError
        It cannot be removed.
    """
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise InputError(
            f"The old file cannot be removed: {error.strerror or error}.",
            where=str(path),
            fix="Close it in other programs, or remove it yourself.",
        ) from None
