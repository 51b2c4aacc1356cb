"""A text of TOML that nobody would write by hand."""

import pytest

from cleanworks import profiles
from cleanworks.data import mapping
from cleanworks.errors import InputError
from cleanworks.workshop import workshop_file
from cleanworks.workshop.settings import FILE, Settings

DEEP = "a = " + "[" * 5000


@pytest.mark.parametrize(
    "read",
    [
        workshop_file.load,
        mapping.read,
        lambda path: profiles.load(str(path)),
        lambda path: Settings.load(path.parent),
    ],
    ids=["workshop", "mapping", "profile", "settings"],
)
def test_what_is_nested_too_deeply_is_refused(tmp_path, read):
    path = tmp_path / FILE
    path.write_text(DEEP, encoding="utf-8")
    with pytest.raises(InputError, match="nested too deeply"):
        read(path)
