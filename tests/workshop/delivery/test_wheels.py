"""Wheels for other systems, with a stand-in for pip: no network is needed."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from cleanworks.errors import InputError
from cleanworks.workshop.delivery import start, wheels

PURE = "tomli-2.0-py3-none-any.whl"
MAC = [
    "numpy-2.4.6-cp311-cp311-macosx_14_0_arm64.whl",
    "psutil-7.0.0-cp36-abi3-macosx_11_0_arm64.whl",
    "charset_normalizer-3.4.0-cp311-cp311-macosx_10_9_universal2.whl",
    "pyzmq-27.0-cp311-cp311-macosx_10_15_universal2.whl",
]
OTHERS = [
    "numpy-2.4.6-cp311-cp311-win_amd64.whl",
    "numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
    "numpy-2.4.6-cp311-cp311-macosx_26_0_arm64.whl",
    "numpy-2.4.6.tar.gz",
]


def pip(monkeypatch, names):
    """In place of pip: puts files of these names into the folder, and remembers the tags it was asked for."""
    asked = []

    def download(wanted, system, python, folder):
        asked.append(system)
        for name in names:
            (folder / name).write_bytes(b"")

    monkeypatch.setattr(wheels, "_download", download)
    monkeypatch.setattr(wheels, "needed", lambda *_: ["numpy==2.4.6"])
    return asked


def test_macos_gets_wheels_of_macos_only_and_fetches_them_once(tmp_path, monkeypatch):
    asked = pip(monkeypatch, [PURE, *MAC])
    for _ in range(2):
        files = wheels.fetch(tmp_path / "lock", "macos", "3.11", ["numpy"], tmp_path / "store")
        assert {file.name for file in files} == {PURE, *MAC}
    assert asked == ["macos"]


@pytest.mark.parametrize("stranger", OTHERS[:3])
def test_a_wheel_of_another_system_is_refused_and_named(tmp_path, monkeypatch, stranger):
    pip(monkeypatch, [PURE, stranger])
    with pytest.raises(InputError, match="is not a wheel for macos") as error:
        wheels.fetch(tmp_path / "lock", "macos", "3.11", ["numpy"], tmp_path / "store")
    assert stranger in error.value.message


def test_each_system_knows_its_own():
    everything = [PURE, *MAC, *OTHERS]
    assert wheels.strangers(everything, "macos") == OTHERS
    assert OTHERS[0] not in wheels.strangers(everything, "windows") and MAC[0] in wheels.strangers(
        everything, "windows"
    )
    assert OTHERS[1] not in wheels.strangers(everything, "linux") and OTHERS[0] in wheels.strangers(
        everything, "linux"
    )


def test_macs_get_wheels_for_apple_silicon_and_the_others_are_told(tmp_path):
    tags = wheels.SYSTEMS["macos"][0]
    assert {"macosx_11_0_arm64", "macosx_10_9_universal2"} <= set(tags)
    assert not [tag for tag in tags if tag.endswith("x86_64")]
    script = start.scripts("3.11", None)["start.command"]
    assert "Apple silicon" not in start.scripts("3.11", None)["start.sh"]
    for machine, said in (("x86_64", "Intel processor"), ("arm64", "")):
        (tmp_path / "uname").write_text(f"#!/bin/sh\necho {machine}\n", encoding="utf-8")
        (tmp_path / "uname").chmod(0o755)
        shell = shutil.which("sh")
        for tool in ("dirname", "rm"):
            (tmp_path / tool).unlink(missing_ok=True)
            (tmp_path / tool).symlink_to(shutil.which(tool))
        done = subprocess.run(
            [shell, "-c", script, str(tmp_path / "start.command")],
            env={"PATH": str(tmp_path)},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        # Here is neither Mac nor Python: an Intel Mac is told so first, another one goes on to look for Python.
        assert done.returncode == 2
        assert said in done.stdout if said else "Python 3.11 is not installed" in done.stdout
