"""`workshop check`: is a kit whole, is it the one that was handed out, can it be used? In plain words.

A stranger's kit is looked at and not executed. Its first notebook runs only where somebody asks for it (`--run`), or where the kit
was installed already (its own `.venv` runs this), and then only after its checksum was found right.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath

from cleanworks import archives, scratch
from cleanworks.errors import InputError
from cleanworks.texts import read_text

SUMS = "checksums.txt"
_SECONDS = 300
_AGAIN = "Copy the kit again."
# What Python, a shell, a browser or a double click executes; Windows does not mind capitals.
_RUNS = re.compile(
    r"\.(pyw?|pyc|pyd|pth|ipy|whl|egg|sh|command|bat|cmd|com|exe|scr|msi|ps1|vbs|wsf|hta|lnk|url|reg|jar|m?js|x?html?|dll|so|dylib|app"
    r"|desktop|docm|xlsm)",
    re.IGNORECASE,
)
# What a learner's work and programs leave in a kit.
_OWN = {".venv", "__pycache__", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Finding:
    """One answer: `good` or not, and a sentence."""

    good: bool
    text: str

    def __str__(self) -> str:
        return f"{'yes' if self.good else 'NO '}  {self.text}"


def verify(kit: Path | str, *, checksum: str | None = None, run: bool = False) -> list[Finding]:
    """Check a kit: its folder, or its zip, which is unpacked into a place of its own for the check.

    In a folder notebooks may hold somebody's work; in a zip every file is as its maker packed it, or the check says so.

    Parameters
    ----------
    checksum : str, optional
        The kit's checksum as its maker gave it: the first 16 or more of its 64 characters.
    run : bool
        Execute its first notebook. Done by itself where the kit was installed: inside its own environment.

    Raises
    ------
    InputError
        It is not a kit, a zip that would write outside its folder, its list of checksums says nothing, or `checksum` is not one.
    """
    if checksum is not None and not re.fullmatch(r"[0-9a-fA-F]{16,64}", checksum.strip()):
        raise InputError(
            f"{checksum!r} is not a checksum.",
            where="--checksum",
            fix="Copy the 64 characters that `workshop build` printed.",
        )
    kit = Path(kit)
    if not kit.exists():
        raise InputError("There is no such file or folder.", where=str(kit), fix="Check the name.")
    if kit.is_file():
        with scratch.folder() as place, _named_after(kit, place):
            return _verify(unpack(kit, place), checksum, run, received=place)
    return _verify(kit, checksum, run)


@contextlib.contextmanager
def _named_after(kit: Path, place: Path) -> Iterator[None]:
    """Let messages name the zip that somebody has, and not the place where it was unpacked."""
    try:
        yield
    except InputError as error:
        if error.where is None or not Path(error.where).is_relative_to(place):
            raise
        inside = Path(error.where).relative_to(place).as_posix()
        raise InputError(error.what, where=f"{kit}, {inside}", fix=error.fix) from None


def unpack(archive: Path, place: Path) -> Path:
    """Unpack a kit's zip and give the kit's folder.

    Raises
    ------
    InputError
        It is no zip, is damaged, names a place outside, holds a link, or is larger than any kit.
    """
    archives.unpack(archive, place)
    found = [path for glob in (f"*/{SUMS}", SUMS) for path in sorted(place.glob(glob)) if path.is_file()]
    if not found:
        raise InputError(
            f"This is not a kit: it has no {SUMS}.",
            where=str(archive),
            fix="Name the kit's folder or its zip.",
        )
    return found[0].parent


def checksum_of(folder: Path) -> str:
    """The one checksum that stands for a whole kit: of the list of the checksums of its files."""
    return hashlib.sha256((folder / SUMS).read_bytes()).hexdigest()


def is_installed(folder: Path) -> bool:
    """Whether this Python is the one that the kit was installed into."""
    return Path(sys.prefix).resolve().is_relative_to(folder.resolve())


def _verify(folder: Path, checksum: str | None, run: bool, received: Path | None = None) -> list[Finding]:
    if not (folder / SUMS).is_file():
        raise InputError(
            f"This is not a kit: it has no {SUMS}.",
            where=str(folder),
            fix="Name the kit's folder or its zip.",
        )
    installed = is_installed(folder)
    findings = [_maker(folder, checksum), _whole(folder, received)]
    findings += _environment(folder) if installed else _packages(folder)
    if not (run or installed):
        findings.append(Finding(True, "Nothing of it was executed; with --run its first notebook is."))
    elif all(finding.good for finding in findings):
        findings.append(_first_notebook(folder))
    else:
        findings.append(Finding(False, "The first notebook was not tried, because of what is said above."))
    return findings


def _maker(folder: Path, checksum: str | None) -> Finding:
    """Whether this is the kit that somebody vouches for; a list inside the kit vouches only for itself."""
    found = checksum_of(folder)
    if checksum is None:
        return Finding(
            True, f"Its checksum is {found}. Compare it with the one your instructor gives (--checksum)."
        )
    if found.startswith(checksum.strip().lower()):
        return Finding(True, "It is the kit whose checksum you were given.")
    return Finding(
        False,
        f"It is not the kit whose checksum you were given: this one's is {found}. Ask for the kit again.",
    )


def _packages(folder: Path) -> list[Finding]:
    """Whether every package that the kit's lists ask for lies in the kit."""
    named = [path.name.split("-") for path in (folder / "wheels").rglob("*.whl")]
    there = {f"{_plain(parts[0])}=={parts[1]}" for parts in named if len(parts) > 1}
    findings = []
    for listed in sorted(folder.glob("requirements-*.txt")):
        system = listed.stem.removeprefix("requirements-")
        wanted = _text(listed, "The list of packages").split()
        missing = [
            line
            for line in wanted
            if f"{_plain(line.partition('==')[0])}=={line.partition('==')[2]}" not in there
        ]
        if missing:
            more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
            text = f"Packages for {system} are missing: {', '.join(missing[:3])}{more}. Build the kit again."
            findings.append(Finding(False, text))
        else:
            findings.append(Finding(True, f"It brings the {len(wanted)} packages that {system} needs."))
    return findings


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _whole(folder: Path, received: Path | None = None) -> Finding:
    """Compare every file with its checksum.

    `received` is the place where the zip was unpacked: nobody has worked in a zip, so that nothing in it may differ or be
    more than what the list names. In a folder, notebooks and what programs leave there are the learner's own.
    """
    wrong, own, count = [], 0, 0
    listed = set()
    text = _text(folder / SUMS, "The list of checksums")
    if not text.strip():
        raise _useless(folder, "is empty")
    for number, line in enumerate(text.splitlines(), 1):
        found = re.fullmatch(r"([0-9a-f]{64})  (.+)", line)
        if not found or not archives.is_name(found[2]):
            raise _useless(folder, f"is damaged in line {number}")
        path = folder / found[2]
        if archives.leads_out(found[2]):
            raise _useless(folder, f"names a file outside the kit ({found[2]!r}) in line {number}")
        count += 1
        listed.add(PurePosixPath(found[2]).as_posix())
        if not path.is_file():
            wrong.append(f"{found[2]} is missing")
        else:
            with path.open("rb") as file:
                changed = hashlib.file_digest(file, "sha256").hexdigest() != found[1]
            if changed and found[2].endswith(".ipynb") and received is None:
                own += 1
            elif changed:
                wrong.append(f"{found[2]} has changed")
    for path in sorted((received or folder).rglob("*")):
        place = path.relative_to(folder if path.is_relative_to(folder) else received or folder)
        name = place.as_posix()
        if not path.is_file() or (path.is_relative_to(folder) and (name in listed or name == SUMS)):
            continue
        if received is not None:
            # What a Mac puts into a zip that it packs again.
            added = path.name != ".DS_Store" and not (
                place.parts[0] == "__MACOSX" and path.name.startswith("._")
            )
        else:
            theirs = path.suffix == ".ipynb" or _OWN & set(place.parts)
            program = os.name != "nt" and not path.suffix and path.stat().st_mode & 0o111
            runs = program or _RUNS.fullmatch(path.suffix)
            added = not theirs and bool(runs or name.startswith("wheels/"))
        if added:
            wrong.append(f"{name if name.isprintable() else repr(name)} was not handed out with it")
    if wrong:
        more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return Finding(False, f"The kit is not whole: {'; '.join(wrong[:3])}{more}. Copy it again.")
    if own:
        said = f"{count - own} files are as they were handed out, and {own} notebooks hold work of your own"
        return Finding(True, f"The kit is whole: {said}.")
    return Finding(True, f"The kit is whole: {count} files are as they were handed out.")


def _text(path: Path, what: str) -> str:
    return read_text(path, what, fix=_AGAIN)


def _useless(folder: Path, what: str) -> InputError:
    return InputError(f"The list of checksums {what}.", where=str(folder / SUMS), fix=_AGAIN)


def _environment(folder: Path) -> list[Finding]:
    """Python, and every package at its version."""
    system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
    listed = folder / f"requirements-{system}.txt"
    if not listed.is_file():
        return [
            Finding(True, f"Python {sys.version.split()[0]}; the kit brings no packages for this system.")
        ]
    wrong = []
    lines = _text(listed, "The list of packages").split()
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

    said = folder / "first.txt"
    name = _text(said, "The name of the first notebook").strip() if said.is_file() else ""
    path = folder / name
    if not archives.is_name(name) or archives.leads_out(name) or not path.is_file():
        return Finding(False, "The kit does not say which notebook is its first.")
    listed = {
        of: total for total, of in (line.split("  ", 1) for line in read_text(folder / SUMS).splitlines())
    }
    if hashlib.sha256(path.read_bytes()).hexdigest() != listed.get(name):
        return Finding(True, "The first notebook holds work of your own, so it was left alone.")
    try:
        node = nbformat.read(path, as_version=4)
        with scratch.folder() as place:
            NotebookClient(
                node, timeout=_SECONDS, kernel_name="python3", resources={"metadata": {"path": str(place)}}
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
