"""`workshop verify`: is a kit whole, is everything installed, does its first notebook run? In plain words.

It runs on a learner's computer with what a kit installs, and executes only the kit's own first notebook, after its
checksum was found right.
"""

from __future__ import annotations

import hashlib
import re
import stat
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath

from cleanworks.errors import InputError

SUMS = "checksums.txt"
_LARGEST = 4 << 30
_SECONDS = 300


@dataclass(frozen=True)
class Finding:
    """One answer: `good` or not, and a sentence."""

    good: bool
    text: str

    def __str__(self) -> str:
        return f"{'yes' if self.good else 'NO '}  {self.text}"


def verify(kit: Path | str) -> list[Finding]:
    """Check a kit: its folder, or its zip, which is unpacked into a place of its own for the check.

    Raises
    ------
    InputError
        It is no kit, or a zip that would write outside its folder.
    """
    kit = Path(kit)
    if kit.is_file():
        with tempfile.TemporaryDirectory(prefix="cleanworks-kit-", ignore_cleanup_errors=True) as place:
            return _verify(unpack(kit, Path(place)))
    return _verify(kit)


def unpack(archive: Path, place: Path) -> Path:
    """Unpack a kit's zip and give the kit's folder.

    Raises
    ------
    InputError
        It is no zip, is damaged, names a place outside, holds a link, or is larger than any kit.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
            for entry in entries:
                name = entry.filename
                parts = PurePosixPath(name.replace("\\", "/")).parts
                if not parts or name.startswith(("/", "\\")) or ".." in parts or re.match(r"[A-Za-z]:", name):
                    raise InputError(
                        f"The zip would write outside its folder ({name!r}).",
                        where=str(archive),
                        fix="Do not unpack it; ask for the kit again.",
                    )
                if stat.S_ISLNK(entry.external_attr >> 16):
                    raise InputError(
                        f"The zip holds a link ({name!r}), which a kit never does.",
                        where=str(archive),
                        fix="Do not unpack it; ask for the kit again.",
                    )
            if sum(entry.file_size for entry in entries) > _LARGEST:
                raise InputError("The zip is larger than any kit.", where=str(archive))
            opened.extractall(place)
    except FileNotFoundError:
        raise InputError("There is no such kit.", where=str(archive)) from None
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise InputError(
            f"The zip is damaged ({error}).", where=str(archive), fix="Copy it again from the USB stick."
        ) from None
    found = sorted(place.glob(f"*/{SUMS}")) or sorted(place.glob(SUMS))
    if not found:
        raise InputError(f"This is not a kit: it has no {SUMS}.", where=str(archive))
    return found[0].parent


def _verify(folder: Path) -> list[Finding]:
    if not (folder / SUMS).is_file():
        raise InputError(
            f"This is not a kit: it has no {SUMS}.",
            where=str(folder),
            fix="Name the kit's folder or its zip.",
        )
    whole = _whole(folder)
    findings = [whole, *_environment(folder)]
    if all(finding.good for finding in findings):
        findings.append(_first_notebook(folder))
    else:
        findings.append(Finding(False, "The first notebook was not tried, because of what is said above."))
    return findings


def _whole(folder: Path) -> Finding:
    """Compare every file with its checksum."""
    wrong, own, count = [], 0, 0
    for number, line in enumerate((folder / SUMS).read_text(encoding="utf-8").splitlines(), 1):
        found = re.fullmatch(r"([0-9a-f]{64})  (.+)", line)
        if not found:
            return Finding(False, f"The list of checksums is damaged in line {number}. Copy the kit again.")
        path = folder / found[2]
        if ".." in PurePosixPath(found[2]).parts or (path.is_absolute() and not path.is_relative_to(folder)):
            return Finding(False, f"The list of checksums names a file outside the kit ({found[2]}).")
        count += 1
        if not path.is_file():
            wrong.append(f"{found[2]} is missing")
        else:
            with path.open("rb") as file:
                changed = hashlib.file_digest(file, "sha256").hexdigest() != found[1]
            if changed and found[2].endswith(".ipynb"):
                own += 1
            elif changed:
                wrong.append(f"{found[2]} has changed")
    if wrong:
        more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return Finding(False, f"The kit is not whole: {'; '.join(wrong[:3])}{more}. Copy it again.")
    if own:
        said = f"{count - own} files are as they were handed out, and {own} notebooks hold work of your own"
        return Finding(True, f"The kit is whole: {said}.")
    return Finding(True, f"The kit is whole: {count} files are as they were handed out.")


def _environment(folder: Path) -> list[Finding]:
    """Python, and every package at its version."""
    system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
    listed = folder / f"requirements-{system}.txt"
    if not listed.is_file():
        return [
            Finding(True, f"Python {sys.version.split()[0]}; the kit brings no packages for this system.")
        ]
    wrong = []
    lines = listed.read_text(encoding="utf-8").split()
    for line in lines:
        name, _, wanted = line.partition("==")
        try:
            there = version(name)
        except PackageNotFoundError:
            wrong.append(f"{name} is missing")
            continue
        if there != wanted:
            wrong.append(f"{name} is {there}, the kit has {wanted}")
    if wrong:
        more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return [
            Finding(
                False,
                f"Not everything is installed: {'; '.join(wrong[:3])}{more}. Delete .venv, start again.",
            )
        ]
    return [Finding(True, f"Python {sys.version.split()[0]} and {len(lines)} packages are installed.")]


def _first_notebook(folder: Path) -> Finding:
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    name = (folder / "first.txt").read_text(encoding="utf-8").strip()
    path = folder / name
    if not name or not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        return Finding(False, "The kit does not say which notebook is its first.")
    listed = dict(reversed(line.split("  ", 1)) for line in (folder / SUMS).read_text("utf-8").splitlines())
    if hashlib.sha256(path.read_bytes()).hexdigest() != listed.get(name):
        return Finding(True, "The first notebook holds work of your own, so it was left alone.")
    try:
        node = nbformat.read(path, as_version=4)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
            NotebookClient(
                node, timeout=_SECONDS, kernel_name="python3", resources={"metadata": {"path": place}}
            ).execute()
    except CellExecutionError as error:
        return Finding(
            False, f"The first notebook stopped: {error.ename}: {error.evalue}. Show this to your instructor."
        )
    except Exception as error:
        return Finding(False, f"The first notebook could not be run: {type(error).__name__}: {error}.")
    return Finding(True, f"The first notebook runs ({name}).")


def main(arguments: list[str]) -> int:
    try:
        findings = verify(Path(arguments[0] if arguments else "."))
    except InputError as error:
        print(error.message)
        return 2
    print(*findings, sep="\n")
    return 0 if all(finding.good for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
