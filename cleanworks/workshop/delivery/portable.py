"""A Python that the kit carries, for rooms where nothing may be installed: a folder with a portable CPython for Windows."""

from __future__ import annotations

import shutil
from pathlib import Path

from cleanworks.errors import InputError

FOLDER = "python"
"""Its name in the learners' kit, where `start.bat` looks first."""

LARGEST = 400_000_000
_FIX = (
    "Name the folder that holds python.exe: `tools` of the package `python` of NuGet, or `python` of an archive "
    "`install_only` of python-build-standalone."
)


def carry(source: Path, version: str, kit: Path) -> None:
    """Copy a portable CPython into a kit.

    Raises
    ------
    InputError
        The folder is none, has another version, or cannot make environments.
    """
    if not (source / "python.exe").is_file():
        raise InputError("This folder holds no python.exe.", where=str(source), fix=_FIX)
    lacking = [name for name in ("venv", "ensurepip") if not (source / "Lib" / name).is_dir()]
    if lacking:
        raise InputError(
            f"This Python cannot make environments: it has no Lib/{lacking[0]}, as the embeddable package has none.",
            where=str(source),
            fix=_FIX,
        )
    wanted = f"python{version.replace('.', '')}.dll"
    if not (source / wanted).is_file():
        there = sorted(path.name for path in source.glob("python3?*.dll"))
        found = f" (it has {', '.join(there)})" if there else ""
        raise InputError(
            f"This is not Python {version}{found}.", where=str(source), fix="Name its version with --python."
        )
    if sum(path.stat().st_size for path in source.rglob("*") if path.is_file()) > LARGEST:
        raise InputError("This folder holds much more than a Python.", where=str(source), fix=_FIX)
    leave = shutil.ignore_patterns("__pycache__", "test", "tests", "idlelib", "tcl", "*.pdb")
    shutil.copytree(source, kit / FOLDER, ignore=leave)
