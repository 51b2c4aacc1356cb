"""A country chosen in the shell is part of what a result depends on."""

from pathlib import Path

from cleanworks.workshop.run.jobs import RunOptions
from cleanworks.workshop.run.kernels.kernel_settings import KernelSettings
from cleanworks.workshop.run.keys import Fingerprints, shared_pieces


def test_the_profile_named_in_the_shell_changes_the_key(monkeypatch, tmp_path):
    options = RunOptions(root=Path(tmp_path))
    monkeypatch.delenv("CLEANWORKS_PROFILE", raising=False)
    default = shared_pieces(options, Fingerprints())
    monkeypatch.setenv("CLEANWORKS_PROFILE", "exampleland")
    assert shared_pieces(options, Fingerprints())["environment"] != default["environment"]


def test_a_run_writes_no_learners_record_unless_it_is_asked_to(monkeypatch, tmp_path):
    monkeypatch.setenv("CLEANWORKS_RECORD", str(tmp_path / "mine.json"))
    assert "CLEANWORKS_RECORD" not in KernelSettings.of(RunOptions()).environment(tmp_path)
    asked = RunOptions(environment={"CLEANWORKS_RECORD": "other.json"})
    assert KernelSettings.of(asked).environment(tmp_path)["CLEANWORKS_RECORD"] == "other.json"
