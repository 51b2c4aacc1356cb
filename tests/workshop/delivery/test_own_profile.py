"""A country's own profile goes into the kit, and the start files find it there whatever the computer."""

from __future__ import annotations

from cleanworks.workshop.delivery import start, workshop_folder


def test_the_file_and_what_it_stands_on_are_carried(tmp_path):
    (tmp_path / "uganda.toml").write_text('extends = "uganda"\n', encoding="utf-8")
    (tmp_path / "office.toml").write_text('extends = "uganda.toml"\n', encoding="utf-8")
    kit = tmp_path / "kit"
    kit.mkdir()
    assert workshop_folder._carried(str(tmp_path / "office.toml"), kit) == "country/office.toml"
    assert sorted(path.name for path in (kit / "country").iterdir()) == ["office.toml", "uganda.toml"]
    assert workshop_folder._carried("uganda", kit) == "uganda" and workshop_folder._carried(None, kit) is None


def test_start_files_name_it_by_the_place_of_the_kit():
    made = start.scripts("3.12", "country/office.toml")
    assert 'CLEANWORKS_PROFILE="$PWD/country/office.toml"' in made["start.sh"]
    assert 'set "CLEANWORKS_PROFILE=%~dp0country/office.toml"' in made["start.bat"]
    assert 'CLEANWORKS_PROFILE="uganda"' in start.scripts("3.12", "uganda")["start.sh"]
