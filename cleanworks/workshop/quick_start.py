"""What other libraries load at their start and this toolkit never needs: left until somebody asks for it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType

_GRAMMAR = "rfc3987_syntax"


def defer_address_grammar() -> None:
    """Let jsonschema, and with it nbformat, load without compiling the grammar of international web addresses.

    JupyterLab brings `rfc3987_syntax`; jsonschema imports it for two string formats, ``iri`` and ``iri-reference``, that no notebook
    has, and its import alone takes most of a second. The first check of such a string loads it.
    """
    if _GRAMMAR in sys.modules or "jsonschema" in sys.modules or importlib.util.find_spec(_GRAMMAR) is None:
        return
    stand_in = ModuleType(_GRAMMAR)

    def is_valid_syntax(term: str, value: str) -> bool:
        if sys.modules.get(_GRAMMAR) is stand_in:
            del sys.modules[_GRAMMAR]
        return importlib.import_module(_GRAMMAR).is_valid_syntax(term, value)

    stand_in.__dict__["is_valid_syntax"] = is_valid_syntax
    sys.modules[_GRAMMAR] = stand_in
