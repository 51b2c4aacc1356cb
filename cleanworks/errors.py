"""The one error a person may see: what is wrong, where, and what to do."""

from __future__ import annotations

import builtins
import errno
import functools
import linecache
import re

_NAMED = re.compile(r"(?i)((?:pass\w*|pwd|\w*secret\w*|\w*token\w*|\w*key)\s*(?:=|%3D)\s*)('[^']*'|[^\s&;]+)")
_IN_ADDRESS = re.compile(r"((?:(?<=:)/|//)[^/:@\s]*):\S*@")


def without_secrets(text: str) -> str:
    """A text without the password of an address, or of a list of `name=value`, that stands in it.

    An address may be given where a file is asked for: the message about the file then names it.
    """
    if "=" in text or "%3" in text:
        text = _NAMED.sub(r"\1***", text)
    return without_passwords(text)


def without_passwords(text: str) -> str:
    """A text without the passwords of addresses in it; any other word stays, so that it fits a whole message."""
    return _IN_ADDRESS.sub(r"\1:***@", text) if "@" in text else text


# What to do where the system refuses, by its own number for the reason.
REMEDIES = {
    **dict.fromkeys([errno.ENOSPC, errno.EDQUOT], "Make room on that disk, and run this again."),
    **dict.fromkeys(
        [errno.EACCES, errno.EPERM, errno.EROFS],
        "Choose a folder where you may read and write, or ask whoever looks after the machine.",
    ),
    **dict.fromkeys(
        [errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST],
        "Look at what is there: a file or folder is missing, or something else has its name.",
    ),
    errno.ENAMETOOLONG: "Choose a folder with a shorter path.",
    **dict.fromkeys([errno.EMFILE, errno.ENFILE], "Close other programs: too many files are open."),
}


def remedy(error: OSError, otherwise: str = "") -> str:
    """What to do where the system refuses; `otherwise` for reasons that are not known here."""
    return REMEDIES.get(error.errno or 0, otherwise)


class InputError(ValueError):
    """Something that a person handed in cannot be used.

    Parameters
    ----------
    what : str
        What is wrong, one sentence.
    where : str, optional
        File, table, row, column or cell.
    fix : str
        What to do about it. Nobody may say that something is wrong and leave it at that.

    The command line prints the three parts as one message and exits with code 2; nothing shows a traceback.
    """

    def __init__(self, what: str, *, fix: str, where: str | None = None):
        self.what, self.where = without_passwords(what), without_secrets(where) if where else where
        self.fix = without_passwords(fix)
        super().__init__(self.message)

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Another process that is handed the error gets its three parts, too."""
        return functools.partial(type(self), where=self.where, fix=self.fix), (self.what,)

    @property
    def message(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what} {self.fix}"

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows instead of a traceback: the message, and the line of the cell that led to it.

        IPython looks for this method. The way through the library would only hide what to do.
        """
        return [f"{type(self).__name__}: {self.message}", *self._line_of_the_cell()]

    def _line_of_the_cell(self) -> list[str]:
        shell = getattr(builtins, "get_ipython", lambda: None)()
        cells = getattr(getattr(shell, "compile", None), "_filename_map", {})
        found, step = [], self.__traceback__
        while step is not None:
            name = step.tb_frame.f_code.co_filename
            if name in cells:
                source = linecache.getline(name, step.tb_lineno).strip()
                found = ["", f"Cell In[{cells[name]}], line {step.tb_lineno}", f"----> {source}"]
            step = step.tb_next
        return found
