"""Zips of strangers: one message that names what is wrong, nothing unpacked, and no kit executed unasked."""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
from pathlib import Path

import pytest

from cleanworks import archives
from cleanworks.cli import run
from cleanworks.errors import InputError
from cleanworks.workshop.delivery import verify


def a_zip(path: Path, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as made:
        made.writestr("kit/page.html", "hello " * 200)
        made.writestr("kit/checksums.txt", f"{hashlib.sha256(b'hello ' * 200).hexdigest()}  page.html\n")
    return path


def changed(path: Path, *, method: int | None = None, flags: int | None = None, spoil: bool = False) -> Path:
    """The zip with another method or other flags in all its headers, or with broken bytes in its first member."""
    data = bytearray(path.read_bytes())
    for mark, at_flags, at_method in ((b"PK\x03\x04", 6, 8), (b"PK\x01\x02", 8, 10)):
        at = data.find(mark)
        while at >= 0:
            if method is not None:
                data[at + at_method : at + at_method + 2] = struct.pack("<H", method)
            if flags is not None:
                data[at + at_flags : at + at_flags + 2] = struct.pack("<H", flags)
            at = data.find(mark, at + 4)
    if spoil:
        data[60:70] = b"\xff" * 10
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (lambda p: changed(a_zip(p), method=24), "cannot be read here (method 24)"),
        (lambda p: changed(a_zip(p), method=95), "cannot be read here (XZ)"),
        (lambda p: changed(a_zip(p), flags=1), "encrypted"),
        (lambda p: changed(a_zip(p), flags=64), "encrypted"),
        (lambda p: changed(a_zip(p, zipfile.ZIP_LZMA), spoil=True), "damaged"),
        (lambda p: changed(a_zip(p, zipfile.ZIP_BZIP2), spoil=True), "damaged"),
        (lambda p: changed(a_zip(p), spoil=True), "damaged"),
        (lambda p: p.write_bytes(a_zip(p).read_bytes()[:200]), "damaged"),
        (lambda p: p.write_bytes(b""), "damaged"),
    ],
)
def test_what_is_wrong_with_a_zip_is_named(tmp_path, capsys, spoilt, said):
    path = tmp_path / "kit.zip"
    spoilt(path)
    assert run(["workshop", "verify", str(path)]) == 2
    message = capsys.readouterr().err
    assert said in message and "kit.zip" in message and "itself made a mistake" not in message


@pytest.mark.parametrize(
    ("name", "said"),
    [("x" * 300, "too long for a file"), ("../out", "outside its folder"), ("C:/out", "outside its folder")],
)
def test_names_that_no_folder_can_take(tmp_path, name, said):
    path = tmp_path / "kit.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(name, "")
    with pytest.raises(InputError, match=said):
        archives.unpack(path, tmp_path / "place")
    assert not (tmp_path / "place").exists()


def test_a_zip_that_would_fill_the_disk_is_not_unpacked(tmp_path):
    path = tmp_path / "kit.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("kit/zeros", bytes(2_000_000))
    with zipfile.ZipFile(path) as found, pytest.raises(InputError, match="of the disk"):
        archives.members(found, "kit.zip", largest=1_000_000)


# --- kits -----------------------------------------------------------------------------------------------------------


def a_kit(folder: Path, code: str = "print(1)") -> Path:
    folder.mkdir()
    cell = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "source": code,
        "outputs": [],
        "execution_count": None,
    }
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    (folder / "first.ipynb").write_text(json.dumps(notebook))
    (folder / "first.txt").write_text("first.ipynb\n")
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}"
        for name in ("first.ipynb", "first.txt")
    ]
    (folder / "checksums.txt").write_text("\n".join(lines) + "\n")
    return folder


def test_a_strangers_kit_is_not_executed(tmp_path, capsys):
    mark = tmp_path / "executed"
    kit = a_kit(tmp_path / "kit", f"open({str(mark)!r}, 'w').close()")
    assert run(["workshop", "verify", str(kit)]) == 0
    assert "Nothing of it was executed" in capsys.readouterr().out
    assert not mark.exists()
    assert run(["workshop", "verify", str(kit), "--run"]) == 0
    assert mark.exists()


def test_the_checksum_given_from_outside_decides_who_made_it(tmp_path, capsys):
    kit = a_kit(tmp_path / "kit")
    right = verify.checksum_of(kit)
    assert run(["workshop", "verify", str(kit), "--checksum", right[:20].upper()]) == 0
    assert run(["workshop", "verify", str(kit), "--checksum", "0" * 64]) == 1
    assert right in capsys.readouterr().out
    assert run(["workshop", "verify", str(kit), "--checksum", "mine"]) == 2


def zipped(kit: Path, archive: Path, **more: bytes) -> Path:
    """A kit's zip, and what somebody changed in it or put beside it."""
    with zipfile.ZipFile(archive, "w") as made:
        for path in sorted(kit.iterdir()):
            if path.name not in more:  # such as a notebook that was changed
                made.write(path, f"kit/{path.name}")
        for name, content in more.items():
            made.writestr(name if "/" in name or "\\" in name else f"kit/{name}", content)
    return archive


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("first.ipynb", "first.ipynb has changed"),
        ("second.ipynb", "second.ipynb was not handed out"),
        ("notes", "notes was not handed out"),
        (".hidden", ".hidden was not handed out"),
        ("kit/__pycache__/city.pyc", "__pycache__/city.pyc was not handed out"),
        ("__MACOSX/run.sh", "__MACOSX/run.sh was not handed out"),
        ("beside/run.exe", "beside/run.exe was not handed out"),
        # Windows unpacks it over the kit's own notebook.
        ("kit\\first.ipynb", "kit\\first.ipynb was not handed out"),
        ("kit/first.txt.", "first.txt. was not handed out"),
        ("kit/\u202elmth.exe", "'\\u202elmth.exe' was not handed out"),
    ],
)
def test_nothing_in_a_zip_is_changed_or_added_unseen(tmp_path, capsys, name, said):
    kit = a_kit(tmp_path / "kit")
    archive = zipped(kit, tmp_path / "kit.zip", **{name: b"{}"})
    assert run(["workshop", "verify", str(archive), "--checksum", verify.checksum_of(kit)]) == 1
    assert said in capsys.readouterr().out


def test_a_zip_that_a_mac_packed_again_and_a_folder_that_was_worked_in_are_whole(tmp_path):
    kit = a_kit(tmp_path / "kit")
    more = {"__MACOSX/kit/._first.txt": b"", ".DS_Store": b""}
    assert run(["workshop", "verify", str(zipped(kit, tmp_path / "kit.zip", **more))]) == 0
    (kit / "first.ipynb").write_text("{}")
    (kit / "second.ipynb").write_text("{}")
    assert run(["workshop", "verify", str(kit)]) == 0


@pytest.mark.parametrize(
    "program",
    [
        "sitecustomize.py",
        "START.BAT",
        "start.cmd",
        "more.ps1",
        "pandas.pyd",
        "city.dylib",
        "start.lnk",
        "start",
    ],
)
def test_a_program_that_somebody_added_is_named(tmp_path, program):
    kit = a_kit(tmp_path / "kit")
    (kit / program).write_text("")
    (kit / program).chmod(0o755)
    (kit / "my-notes.txt").write_text("")
    (kit / "LICENSE").write_text("")
    findings = [str(finding) for finding in verify.verify(kit) if not finding.good]
    assert (
        len(findings) == 1 and f"{program} was not handed out" in findings[0] and "notes" not in findings[0]
    )


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"\xff\xfea\x00", "is not UTF-8 text"),
        (b"hello\n", "is damaged in line 1"),
        (b"0" * 64 + b"  " + b"x" * 300, "is damaged in line 1"),
        (b"0" * 64 + b"  " + b"wheels/li" * 600, "is damaged in line 1"),
        (b"0" * 64 + b"  ../out\n", "names a file outside the kit ('../out') in line 1"),
    ],
)
def test_a_list_of_checksums_that_says_nothing_makes_no_kit(tmp_path, capsys, listed, said):
    path = tmp_path / "kit.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("kit/page.html", "hello")
        made.writestr("kit/checksums.txt", listed)
    assert run(["workshop", "verify", str(path)]) == 2
    message = capsys.readouterr().err
    # The zip is named, and not the place where it was unpacked.
    assert f"{path}, kit/checksums.txt: The list of checksums {said}" in message and "cw-" not in message


@pytest.mark.parametrize(
    "names", [("kit/a", "kit/a"), ("kit/a", "KIT/A"), ("kit/a", "kit/a/b"), ("kit/A/b", "kit/a")]
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_that_would_become_one_file_are_refused(tmp_path, names):
    path = tmp_path / "kit.zip"
    with zipfile.ZipFile(path, "w") as made:
        for name in names:
            made.writestr(name, name)
    with pytest.raises(InputError, match=r"two files of one name|a file and a folder at once"):
        archives.unpack(path, tmp_path / "place")
    assert not (tmp_path / "place").exists()


@pytest.mark.parametrize("first", [None, b"", b"../first.ipynb", b"a\0b", b"x" * 5000])
def test_a_kit_that_names_no_first_notebook_is_told_so(tmp_path, capsys, first):
    kit = a_kit(tmp_path / "kit")
    (kit / "first.txt").unlink()
    if first is not None:
        (kit / "first.txt").write_bytes(first)
    (kit / "wheels").mkdir()
    (kit / "wheels" / "nameless.whl").write_bytes(b"")
    listed = [path for path in kit.rglob("*") if path.is_file() and path.name != "checksums.txt"]
    (kit / "checksums.txt").write_text(
        "".join(
            f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(kit).as_posix()}\n"
            for path in listed
        )
    )
    assert run(["workshop", "verify", str(kit), "--run"]) == 1
    assert "does not say which notebook is its first" in capsys.readouterr().out


def test_packages_are_looked_for_in_the_kit_and_not_on_this_computer(tmp_path):
    kit = a_kit(tmp_path / "kit")
    (kit / "requirements-windows.txt").write_text("no-such-thing==1.0\npywinpty==3.0.2\n")
    wheels = kit / "wheels" / "windows"
    wheels.mkdir(parents=True)
    (wheels / "pywinpty-3.0.2-cp312-cp312-win_amd64.whl").write_bytes(b"")
    (wheels / "no_such_thing-1.0-py3-none-any.whl").write_bytes(b"")
    said = [str(finding) for finding in verify.verify(kit)]
    assert any("brings the 2 packages that windows needs" in line for line in said)
    (wheels / "pywinpty-3.0.2-cp312-cp312-win_amd64.whl").unlink()
    assert any(
        "Packages for windows are missing: pywinpty==3.0.2" in str(finding) for finding in verify.verify(kit)
    )
