"""Text that people hand in, read in one way.

Imports nothing but the standard library: what lessons import in the page uses it too.
"""

from __future__ import annotations

import os
from pathlib import Path

from cleanworks.errors import InputError


def is_there(path: Path | str, what: str = "The file") -> bool:
    """Whether a file is there. A folder, a pipe or a broken link of its name is not taken for nothing.

    Parameters
    ----------
    path : Path or str
    what : str
        How messages name the file: "The notebook", "The settings".

    Raises
    ------
    InputError
        Something else has the name of the file.

    Examples
    --------
    >>> is_there("nothing-of-this-name.toml")
    False
    """
    if Path(path).is_file():
        return True
    if os.path.lexists(path):
        raise InputError(
            f"{what} is not a file: a folder, a pipe or a broken link has its name.",
            where=str(path),
            fix="Move that away, or put the file in its place.",
        )
    return False


def read_text(path: Path | str, what: str = "The file", *, fix: str = "Save it as UTF-8 text.") -> str:
    """The text of a file: UTF-8, with or without a byte order mark.

    Parameters
    ----------
    path : Path or str
    what : str
        How messages name the file: "The notebook", "The settings".
    fix : str
        What to do where it is not UTF-8.

    Raises
    ------
    InputError
        The file is missing, is not UTF-8 text, or cannot be read.
    """
    try:
        # "utf-8-sig" takes the mark away that Windows' Notepad puts first; a text without one reads the same.
        text = Path(path).read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        raise InputError(f"{what} is missing.", where=str(path), fix="Check the name.") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{what} is not UTF-8 text (byte {error.start}).", where=str(path), fix=fix
        ) from None
    except OSError as error:
        raise InputError(
            f"{what} cannot be read: {error.strerror}.",
            where=str(path),
            fix="Close it in other programs, or choose a file that you may read.",
        ) from None
    if text.startswith("version https://git-lfs.github.com/spec/"):
        raise InputError(
            f"{what} is not here: in its place lies a pointer of Git LFS.",
            where=str(path),
            fix="Write `git lfs pull` in the repository, which brings the files themselves.",
        )
    return text
