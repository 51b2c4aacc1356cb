"""Zips of strangers: what is wrong with one is said in words, and nothing is unpacked before its paths and sizes were looked at."""

from __future__ import annotations

import contextlib
import errno
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from cleanworks.errors import InputError

# The largest kit (a book, wheels for three systems) has about 700 MB; a laptop has room for twice that.
LARGEST = 1_500_000_000
MOST = 20_000
_LONGEST, _LONGEST_PATH = 200, 1000  # bytes, within the limits of every system

_LZMA: tuple[type[Exception], ...] = ()
with contextlib.suppress(ImportError):  # the Python of a page has none
    import lzma

    _LZMA = (lzma.LZMAError,)
_BROKEN: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    *_LZMA,
    EOFError,
    struct.error,
    OSError,
    ValueError,
)
UNREADABLE: tuple[type[Exception], ...] = (*_BROKEN, NotImplementedError, RuntimeError)
"""What reading one entry of a zip may raise."""

_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd"}


@contextlib.contextmanager
def opened(archive: Path | IO[bytes], where: str) -> Iterator[zipfile.ZipFile]:
    """An open zip.

    Raises
    ------
    InputError
        It is missing, is not a zip, is encrypted or damaged, or is packed in a way that Python cannot unpack; also for what
        is read from it inside the ``with``.
    """
    try:
        with zipfile.ZipFile(archive) as found:
            yield found
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError("There is no such file.", where=where, fix="Check the name.") from None
    except NotImplementedError as error:
        if "encryption" in str(error):
            raise _encrypted(where) from None
        raise InputError(
            f"The zip is packed in a way that cannot be read here ({_lower(error)}).",
            where=where,
            fix="Pack it again as an ordinary zip (Deflate).",
        ) from None
    except RuntimeError as error:  # zipfile's word for a password
        if "encrypted" in str(error) or "password" in str(error):
            raise _encrypted(where) from None
        raise InputError(
            f"The zip cannot be read ({_lower(error)}).", where=where, fix="Pack it again."
        ) from None
    except KeyError as error:
        raise InputError(
            f"The zip lacks a file that it lists ({error.args[0]}).",
            where=where,
            fix="Copy it again from where it came from.",
        ) from None
    except _BROKEN as error:
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            raise  # the disk is full, and the zip not to blame
        raise InputError(
            f"The zip is damaged ({_lower(error)}).",
            where=where,
            fix="Copy it again from where it came from.",
        ) from None


def members(
    archive: zipfile.ZipFile, where: str, *, largest: int = LARGEST, what: str = "kit"
) -> list[zipfile.ZipInfo]:
    """The entries of a zip, when all of them may be unpacked. ``what`` names what such a zip holds.

    Raises
    ------
    InputError
        One names a place outside, is a link, is encrypted or packed in an unknown way, has a name that a file system refuses; or
        there are more, or more bytes, than in any kit.
    """
    found = archive.infolist()
    if len(found) > MOST:
        raise InputError(
            f"The zip holds {len(found):,} files; a {what} has at most {MOST:,}.",
            where=where,
            fix=f"Ask for the {what} again.",
        )
    size = sum(entry.file_size for entry in found)
    if size > largest:
        raise InputError(
            f"The zip would take {size / 1e9:.1f} GB of the disk; a {what} takes at most {largest / 1e9:.1f} GB.",
            where=where,
            fix=f"Do not unpack it; ask for the {what} again.",
        )
    for entry in found:
        name, shown = entry.filename, repr(entry.filename[:80])
        if leads_out(name):
            raise InputError(
                f"The zip would write outside its folder ({shown}).",
                where=where,
                fix=f"Do not unpack it; ask for the {what} again.",
            )
        if not is_name(name):
            raise InputError(
                f"The zip has a name that is too long for a file ({shown}).",
                where=where,
                fix=f"Ask for the {what} again.",
            )
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise InputError(
                f"The zip holds a link ({shown}), which a {what} never does.",
                where=where,
                fix=f"Do not unpack it; ask for the {what} again.",
            )
        if entry.flag_bits & 1:
            raise _encrypted(where)
        if entry.compress_type not in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
            zipfile.ZIP_BZIP2,
            zipfile.ZIP_LZMA,
        ):
            method = _METHODS.get(entry.compress_type, f"method {entry.compress_type}")
            raise InputError(
                f"The zip is packed in a way that cannot be read here ({method}).",
                where=where,
                fix="Pack it again as an ordinary zip (Deflate).",
            )
    return found


def _encrypted(where: str) -> InputError:
    return InputError("The zip is encrypted.", where=where, fix="Pack it again without a password.")


def leads_out(name: str) -> bool:
    """Whether an entry's name leads out of the folder that a zip is unpacked into."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return not parts or name.startswith(("/", "\\")) or ".." in parts or bool(re.match(r"[A-Za-z]:", name))


def is_name(name: str) -> bool:
    """Whether every system can hold a file of this name: neither a part nor the whole is too long, and no NUL stands in it."""
    sizes = [len(part.encode("utf-8", "replace")) for part in PurePosixPath(name).parts]
    return "\0" not in name and max(sizes, default=0) <= _LONGEST and sum(sizes) + len(sizes) <= _LONGEST_PATH


def unpack(archive: Path, place: Path) -> None:
    """Unpack a zip into an empty folder, after all its entries were looked at.

    Raises
    ------
    InputError
        As of `opened` and `members`; or two entries would become one file, here or on a system where a and A are one name.
    """
    where = str(archive)
    with opened(archive, where) as found:
        entries = members(found, where)
        _refuse_clashes(entries, where)
        for entry in entries:
            found.extract(entry, place)


def _refuse_clashes(entries: list[zipfile.ZipInfo], where: str) -> None:
    files: set[str] = set()
    for entry in entries:
        name = entry.filename.casefold().rstrip("/")
        if name in files and not entry.is_dir():
            raise InputError(
                f"The zip holds two files of one name ({entry.filename[:80]!r}).",
                where=where,
                fix="Do not unpack it; ask for it again.",
            )
        if not entry.is_dir():
            files.add(name)
    for entry in entries:
        above = next(
            (str(one) for one in PurePosixPath(entry.filename.casefold()).parents if str(one) in files), None
        )
        if above is not None:
            raise InputError(
                f"In the zip {above[:80]!r} is a file and a folder at once.",
                where=where,
                fix="Do not unpack it; ask for it again.",
            )


def _lower(error: Exception) -> str:
    text = str(error).rstrip(".") or type(error).__name__
    return text[:1].lower() + text[1:]
