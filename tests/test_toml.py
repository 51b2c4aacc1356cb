"""A text of TOML that nobody would write by hand."""

import pytest

from cleanworks import profiles
from cleanworks.data import mapping
from cleanworks.errors import InputError
from cleanworks.workshop import workshop_file
from cleanworks.workshop.lint import python_words
from cleanworks.workshop.settings import FILE, Settings

DEEP = "a = " + "[" * 5000


# What Windows' Notepad writes first.
MARK = "\ufeff"


each_reader = pytest.mark.parametrize(
    "read",
    [
        workshop_file.load,
        mapping.read,
        lambda path: profiles.load(str(path)),
        lambda path: Settings.load(path.parent),
        python_words.meanings,
    ],
    ids=["workshop", "mapping", "profile", "settings", "words"],
)


@each_reader
def test_what_is_nested_too_deeply_is_refused(tmp_path, read):
    path = tmp_path / FILE
    path.write_text(DEEP, encoding="utf-8")
    with pytest.raises(InputError, match="nested too deeply"):
        read(path)


@each_reader
def test_a_wrong_line_is_named_with_what_one_usually_does_to_it(tmp_path, read):
    path = tmp_path / FILE
    path.write_text("\na = “b”\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 2: .* cannot be read: .*These quotation marks are curved"):
        read(path)


def test_a_list_of_words_saved_by_notepad_is_read(tmp_path):
    path = tmp_path / "words.toml"
    path.write_text(f'{MARK}sum = "It adds up."\r\n', encoding="utf-8")
    assert python_words.meanings(path) == {"sum": "It adds up."}


def test_a_profile_and_a_mapping_saved_by_notepad_are_read(tmp_path):
    base = tmp_path / "base.toml"
    base.write_text(
        f'{MARK}extends = "seoul"\npayment.client_days = {{value = 9, illustrative = true}}\n',
        encoding="utf-8",
    )
    ours = tmp_path / "ours.toml"
    ours.write_text(f'{MARK}extends = "base.toml"\n', encoding="utf-8")
    assert profiles.load(str(ours))["payment.client_days"] == 9
    way = tmp_path / "way.toml"
    way.write_text(
        f'{MARK}[[table]]\nfile = "a.csv"\ntable = "projects"\ncolumns = {{ "No" = "project_id" }}\n',
        encoding="utf-8",
    )
    [read] = mapping.read(way)
    assert read.table == "projects"
