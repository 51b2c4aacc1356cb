"""The start file of a kit says where the checks write a learner's progress."""

from __future__ import annotations

import os
import subprocess

import pytest

from cleanworks.workshop.delivery.start import scripts


@pytest.mark.skipif(os.name == "nt", reason="needs sh")
@pytest.mark.parametrize(
    "arguments, own, record",
    [([], None, "my-progress.json"), (["check"], None, ""), ([], "elsewhere.json", "elsewhere.json")],
)
def test_notebooks_write_progress_into_the_kit_and_its_check_does_not(tmp_path, arguments, own, record):
    kit = tmp_path / "a kit"
    (kit / ".venv" / "bin").mkdir(parents=True)
    (kit / ".venv" / "ready").touch()
    python = kit / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\necho "$CLEANWORKS_RECORD"\n')
    python.chmod(0o755)
    (kit / "start.sh").write_text(scripts("3.11", None)["start.sh"])
    environment = {name: value for name, value in os.environ.items() if name != "CLEANWORKS_RECORD"}
    environment |= {"CLEANWORKS_RECORD": own} if own else {}
    done = subprocess.run(
        ["sh", str(kit / "start.sh"), *arguments], env=environment, capture_output=True, text=True, check=True
    )
    expected = str(kit / record) if record == "my-progress.json" else record
    assert done.stdout.strip() == expected


def test_the_start_file_for_windows_names_a_file_of_its_own_folder():
    lines = scripts("3.11", None)["start.bat"].split("\r\n")
    sets = [number for number, line in enumerate(lines) if "CLEANWORKS_RECORD=%~dp0my-progress.json" in line]
    opens = [number for number, line in enumerate(lines) if "jupyterlab course" in line]
    assert len(sets) == len(opens) == 1 and sets[0] < opens[0]
