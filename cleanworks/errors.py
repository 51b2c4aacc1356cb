"""The one error a person may see: what is wrong, where, and what to do."""

from __future__ import annotations


class InputError(ValueError):
    """Something that a person handed in cannot be used.

    Parameters
    ----------
    what : str
        What is wrong, one sentence.
    where : str, optional
        File, table, row, column or cell.
    fix : str, optional
        What to do about it.

    The command line prints the three parts as one message and exits with code 2; nothing shows a traceback.
    """

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None):
        self.what, self.where, self.fix = what, where, fix
        super().__init__(self.message)

    @property
    def message(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f" {self.fix}" if self.fix else ""
        return f"{place}{self.what}{remedy}"
