"""A country chosen in the shell is part of what a result depends on."""

from pathlib import Path

import pytest

from cleanworks.workshop.imports import Fingerprints
from cleanworks.workshop.run.jobs import RunOptions
from cleanworks.workshop.run.kernels.kernel_settings import environment, inherited
from cleanworks.workshop.run.keys import shared_pieces


@pytest.mark.parametrize("name", ["PROFILE", "DATA", "OWN_DATA", "LANGUAGE"])
def test_what_the_shell_chooses_changes_the_key(monkeypatch, tmp_path, name):
    options = RunOptions(root=Path(tmp_path))
    monkeypatch.delenv(f"CLEANWORKS_{name}", raising=False)
    default = shared_pieces(options, Fingerprints())
    monkeypatch.setenv(f"CLEANWORKS_{name}", "exampleland")
    assert shared_pieces(options, Fingerprints())["environment"] != default["environment"]


def test_a_run_writes_no_learners_record_unless_it_is_asked_to(monkeypatch, tmp_path):
    monkeypatch.setenv("CLEANWORKS_RECORD", str(tmp_path / "mine.json"))
    assert "CLEANWORKS_RECORD" not in environment(RunOptions(), inherited(), tmp_path)
    asked = RunOptions(environment={"CLEANWORKS_RECORD": "other.json"})
    assert environment(asked, inherited(), tmp_path)["CLEANWORKS_RECORD"] == "other.json"
