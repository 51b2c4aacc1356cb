"""What `_config.yml` of a Jupyter Book says about the execution and the formats of its notebooks."""

from __future__ import annotations

import fnmatch
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from cleanworks.errors import InputError
from cleanworks.texts import is_there
from cleanworks.workshop.files import read_yaml

FILE = "_config.yml"

# Jupyter Book's words for "execute the notebooks"; with "off" it shows them as they are stored.
_MODES = ("auto", "force", "cache", "lazy", "inline", "off")


# The same settings as Jupyter Book and as MyST-NB (after `nb_execution_`) name them.
_MYST_NB = {
    "execute_notebooks": "mode",
    "exclude_patterns": "excludepatterns",
    "timeout": "timeout",
    "allow_errors": "allow_errors",
    "run_in_temp": "in_temp",
}


@dataclass(frozen=True)
class BookSettings:
    """The parts of `_config.yml` that the toolkit acts on; Jupyter Book itself reads the file whole.

    Attributes
    ----------
    execute : bool
        False where `execute_notebooks` is `off`.
    left_out : tuple of str
        Patterns of files that are not executed (`exclude_patterns` of `execute`).
    timeout : float, optional
        Seconds for one cell; -1 for no limit.
    may_raise : bool
        `allow_errors`: a cell that raises ends nothing.
    in_temp : bool
        `run_in_temp`: Jupyter Book would execute in an empty folder; the toolkit does not.
    only_listed : bool
        `only_build_toc_files`: no page is built that the table of contents does not name.
    excluded : tuple of str
        Patterns of files that are no pages (`exclude_patterns`).
    bibliographies : tuple of str
        Lists of sources (`bibtex_bibfiles`).
    formats : mapping
        Suffix of a notebook format -> (reader, its options), from `nb_custom_formats`.
    extensions : tuple of str
        Sphinx extensions that the book adds.
    own_extensions : tuple of str
        Those of them that lie in the book's own folders (`local_extensions`).
    theme : str
        The theme of the pages (`html_theme`), where it is not Jupyter Book's own.
    amounts_stay : bool
        `myst_dmath_allow_digits: false`: "$10 and $25" is no formula.
    """

    execute: bool = True
    left_out: tuple[str, ...] = ()
    timeout: float | None = None
    may_raise: bool = False
    in_temp: bool = False
    only_listed: bool = False
    excluded: tuple[str, ...] = ()
    bibliographies: tuple[str, ...] = ()
    formats: Mapping[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()
    own_extensions: tuple[str, ...] = ()
    theme: str = ""
    amounts_stay: bool = False

    @classmethod
    def load(cls, root: Path) -> BookSettings:
        """Read the settings of a book; the defaults when it has none.

        Raises
        ------
        InputError
            The file is not YAML, or an entry has the wrong form.
        """
        path = Path(root) / FILE
        if not is_there(path, "The file of settings of the book"):
            return cls()
        found = read_yaml(path, "The settings of the book")
        if found is None:
            return cls()
        if not isinstance(found, dict):
            raise InputError(
                "These are not the settings of a book.",
                where=str(path),
                fix="Write lines such as `title: My book`.",
            )
        execute = _block(found, "execute", path)
        sphinx = _block(found, "sphinx", path)
        config = _block(sphinx, "config", path)
        for name, folder in _block(sphinx, "local_extensions", path).items():
            if not isinstance(folder, str) or "\0" in folder:
                raise InputError(
                    f"The extension {name!r} of `local_extensions` has no folder.",
                    where=str(path),
                    fix="Write the folder that its module lies in, such as `mine: ./extensions`.",
                )
        # What stands under `sphinx: config:` wins, as in Jupyter Book; there these settings have the names that MyST-NB gives them.
        execute = execute | {
            name: config[f"nb_execution_{long}"]
            for name, long in _MYST_NB.items()
            if f"nb_execution_{long}" in config
        }
        for name in ("html", "latex", "parse", "repository", "launch_buttons", "binder"):
            _block(found, name, path)  # Jupyter Book takes it for granted that these are blocks
        for name in ("title", "author", "copyright", "logo"):
            if not isinstance(found.get(name), str | int | float | None):
                raise InputError(
                    f"`{name}` is {str(found[name])[:80]!r}, not text.",
                    where=str(path),
                    fix="Write it in one line, in quotes.",
                )
        for block, name in (
            (execute, "allow_errors"),
            (execute, "run_in_temp"),
            (found, "only_build_toc_files"),
        ):
            if not isinstance(block.get(name), bool | None):
                raise InputError(
                    f"`{name}` is {str(block[name])[:80]!r}, neither true nor false.",
                    where=str(path),
                    fix="Write true or false, without quotes.",
                )
        mode = execute.get("execute_notebooks", "auto")
        # YAML 1.1 reads the word off as false.
        mode = "off" if mode is False else mode
        if mode not in _MODES:
            raise InputError(
                f"`execute_notebooks` is {mode!r}.", where=str(path), fix=f"Choose from {', '.join(_MODES)}."
            )
        timeout = execute.get("timeout")
        if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, int)):
            raise InputError(
                f"`timeout` is {timeout!r}, not a whole number of seconds.",
                where=str(path),
                fix="Write 300, or -1 for no limit.",
            )
        return cls(
            execute=mode != "off",
            left_out=_texts(execute, "exclude_patterns", path),
            timeout=timeout,
            may_raise=execute.get("allow_errors") is True,
            in_temp=execute.get("run_in_temp") is True,
            only_listed=found.get("only_build_toc_files") is True,
            bibliographies=_one_or_more(found, "bibtex_bibfiles", path),
            excluded=_texts(found, "exclude_patterns", path) + _texts(config, "exclude_patterns", path),
            formats=_formats(config, path),
            extensions=_texts(sphinx, "extra_extensions", path),
            own_extensions=tuple(_block(sphinx, "local_extensions", path)),
            theme="" if "html_theme_path" in config else str(config.get("html_theme") or ""),
            amounts_stay=config.get("myst_dmath_allow_digits") is False,
        )

    def require_installed(self, root: Path) -> None:
        """Refuse a book whose extensions or theme are not here before anything is executed for it.

        Raises
        ------
        InputError
            An extension or the theme is not installed.
        """
        where = str(Path(root) / FILE)
        lost = [
            name for name in self.extensions if name not in self.own_extensions and not _is_installed(name)
        ]
        beside = {name: Path(root) / name.partition(".")[0] for name in lost}
        here = [
            name for name, place in beside.items() if place.is_dir() or place.with_suffix(".py").is_file()
        ]
        if missing := [name for name in lost if name not in here]:
            raise InputError(
                "Not installed, and named under `extra_extensions`: " + ", ".join(missing) + ".",
                where=where,
                fix="Install the packages that hold them beside cleanworks, or take the names out.",
            )
        if here and not self.own_extensions:  # whose folders Jupyter Book looks into
            raise InputError(
                f"The extension {here[0]!r} of `extra_extensions` lies in this folder, where Jupyter Book does not look for it.",
                where=where,
                fix=f"Write `{here[0]}: .` under `local_extensions` of `sphinx`, or install the folder beside cleanworks.",
            )
        if self.theme and not _is_theme(self.theme):
            raise InputError(
                f"The theme {self.theme!r} of `html_theme` is not installed.",
                where=where,
                fix="Install the package that holds it beside cleanworks, or take the line out: Jupyter Book has a theme of its own.",
            )

    def executes(self, name: str, mode: Any = None) -> bool:
        """Whether a notebook is to be executed, by its path from the book's folder and by its own `execution_mode`."""
        # YAML 1.1 reads the word off as false.
        wanted = self.execute if mode is None else mode not in (False, "off")
        return wanted and not any(
            fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(name, f"*/{pattern}")
            for pattern in self.left_out
        )


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _is_theme(name: str) -> bool:
    """Whether a theme is Sphinx's own, is announced by what is installed, or is an extension that brings itself."""
    found = importlib.util.find_spec("sphinx.themes") if _is_installed("sphinx") else None
    own = [*found.submodule_search_locations] if found and found.submodule_search_locations else []
    return (
        any(Path(folder, name).is_dir() for folder in own)
        or _is_installed(name)
        or any(entry_points(group="sphinx.html_themes", name=name))
    )


def _block(values: Mapping[str, Any], name: str, path: Path) -> dict[str, Any]:
    block = values.get(name)
    if block is None:
        return {}
    if not isinstance(block, dict):
        raise InputError(
            f"`{name}` should be a block of named values.",
            where=str(path),
            fix=f"Indent what belongs under `{name}:`.",
        )
    return block


def _texts(values: Mapping[str, Any], name: str, path: Path) -> tuple[str, ...]:
    entries = values.get(name) or []
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise InputError(
            f"`{name}` should be a list of texts.",
            where=str(path),
            fix="Write each one on a line after `- `.",
        )
    return tuple(entries)


def _one_or_more(values: Mapping[str, Any], name: str, path: Path) -> tuple[str, ...]:
    one = values.get(name)
    return (one,) if isinstance(one, str) else _texts(values, name, path)


def _formats(config: Mapping[str, Any], path: Path) -> dict[str, tuple[str, dict[str, Any]]]:
    formats: dict[str, tuple[str, dict[str, Any]]] = {}
    for suffix, reader in _block(config, "nb_custom_formats", path).items():
        name, options = (
            (reader, {})
            if isinstance(reader, str)
            else (*reader, {})[:2]
            if isinstance(reader, list) and reader
            else (None, {})
        )
        if not isinstance(suffix, str) or not isinstance(name, str) or not isinstance(options, dict):
            raise InputError(
                f"The entry {suffix!r} of `nb_custom_formats` names no reader.",
                where=str(path),
                fix="Write a function, such as `jupytext.reads`, or a list of a function and its options.",
            )
        formats[suffix] = (name, options)
    return formats
