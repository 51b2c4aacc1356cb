"""Files that are written whole, and cells that no spreadsheet runs."""

from __future__ import annotations

import ast
import os
import stat
import sys
from pathlib import Path

import openpyxl
import pytest

import cleanworks
from cleanworks.written import csv_text, harmless, whole

PACKAGE = Path(cleanworks.__file__).parent


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\nx",
        " =1",
        "\t=1",
        "\ufeff=1",
        "\u200b=1",
        "\xa0@a",
        "＝1",
        "＠a",
    ],
)
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    "value", ["", "River bridge", "a=b", "2026-11-28", "'=1", "C-1", "한강", -5, -0.5, None, True]
)
def test_everything_else_stays_as_it_is(value):
    assert harmless(value) is value


def test_no_cell_of_a_table_is_a_formula_and_numbers_stay_numbers():
    assert csv_text([["=firm", "paid"], ["@Han, River", -12], [None, "-"]], end="\r\n") == (
        "'=firm,paid\r\n\"'@Han, River\",-12\r\n,'-\r\n"
    )


def test_nobody_has_rules_of_formulas_of_their_own():
    """A second list of signs would be a second promise."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Tuple | ast.List | ast.Set):
                signs = {item.value for item in node.elts if isinstance(item, ast.Constant)}
                if {"=", "+", "-", "@"} <= signs:
                    found.add(path.relative_to(PACKAGE).as_posix())
    # Names on certificates that look like a formula are refused, not escaped.
    assert found == {"written.py", "workshop/certificates.py"}


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole(path) as file:
        file.write(b"new, and then")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    with whole(path, durable=True) as file:
        file.write(b"new")
        assert path.read_text() == "old"
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights.")
def test_others_may_read_it_as_far_as_the_system_says_unless_it_is_private(tmp_path):
    before = os.umask(0o027)
    try:
        for name, private, rights in (("a", False, 0o640), ("b", True, 0o600)):
            with whole(tmp_path / name, private=private):
                pass
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == rights
    finally:
        os.umask(before)


def test_a_mask_that_takes_everything_leaves_the_file_to_its_owner(tmp_path):
    """As the mask of Python in a page does: what is written there is read again."""
    before = os.umask(0o777)
    try:
        with whole(tmp_path / "note.txt") as file:
            file.write(b"one")
    finally:
        os.umask(before)
    assert (tmp_path / "note.txt").stat().st_mode & 0o777 == 0o600


def test_what_no_workbook_can_hold_is_shown_as_a_mark():
    assert harmless("ocds-1\x00\x1f of\ttoday") == "ocds-1\ufffd\ufffd of\ttoday"
    openpyxl.Workbook().active.append([harmless("".join(map(chr, range(256))))])
