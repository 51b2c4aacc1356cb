"""The data files that a course's own package carries are part of what a result depends on."""

from cleanworks.workshop.imports import Fingerprints, package_data


def test_data_beside_the_code_counts_and_other_packages_do_not(tmp_path):
    package = tmp_path / "course"
    (package / "data").mkdir(parents=True)
    (package / "other").mkdir()
    (package / "__pycache__").mkdir()
    for name in (
        "__init__.py",
        "rules.toml",
        "data/rain.csv",
        "other/__init__.py",
        "other/figures.csv",
        "__pycache__/x.pyc",
    ):
        (package / name).write_text("")
    found = package_data(package, Fingerprints())
    names = [path.relative_to(package).as_posix() for path in found]
    assert names == ["data/rain.csv", "rules.toml"]
