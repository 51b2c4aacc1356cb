"""Wheels for the learners' machines, so that installing needs no network.

pip resolves for the machine it runs on; so what is needed is worked out here from the lock file and the installed
packages' own requirements, with the markers of the target, and pip only fetches exact versions.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

import cleanworks
from cleanworks import written
from cleanworks.errors import InputError
from cleanworks.texts import read_text

LOCK = "requirements.txt"
ROOTS = ("jupyterlab", "ipykernel", "nbclient", "nbformat", "pydantic", "typer", "rich", "packaging", "pip")
"""What a kit needs besides the libraries of lessons: an editor, a kernel, and what checks the kit."""

SYSTEMS = {
    "windows": (("win_amd64",), {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"}),
    "macos": (
        # Apple silicon only: several libraries make no wheels for Intel Macs any more, and pip brings one kind at a time.
        tuple(
            f"macosx_{version}_{machine}"
            for version in ("14_0", "13_0", "12_0", "11_0", "10_15", "10_13", "10_12", "10_9")
            for machine in ("arm64", "universal2")
            if machine != "arm64" or not version.startswith("10")
        ),
        {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    ),
    "linux": (
        tuple(
            f"{tag}_x86_64"
            for tag in (
                "manylinux_2_28",
                "manylinux_2_27",
                "manylinux_2_26",
                "manylinux_2_24",
                "manylinux_2_17",
                "manylinux2014",
                "manylinux_2_12",
                "manylinux2010",
                "manylinux_2_5",
                "manylinux1",
            )
        ),
        {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    ),
}
"""Platform tags that pip should accept, and the markers, of each system."""


def systems(text: str) -> tuple[str, ...]:
    """The systems that a person asks for: "windows,macos"."""
    asked = [word.strip().lower() for word in text.split(",") if word.strip()]
    unknown = [word for word in asked if word not in SYSTEMS]
    if unknown:
        raise InputError(
            f"There are no wheels for the system {unknown[0]!r}.", fix=f"Choose from {', '.join(SYSTEMS)}."
        )
    return tuple(dict.fromkeys(asked))


def needed(lock: Path, system: str, python: str, roots: Iterable[str]) -> list[str]:
    """Exact requirements (`numpy==2.4.6`) of the roots and all that they need on a system.

    Raises
    ------
    InputError
        There is no lock file, or something that is needed is not in it.
    """
    environment: dict[str, Any] = {
        **default_environment(),
        **SYSTEMS[system][1],
        "python_version": python,
        # The first of its line: what suits it suits every later one.
        "python_full_version": f"{python}.0",
        "platform_machine": {"windows": "AMD64", "macos": "arm64"}.get(system, "x86_64"),
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    pins = _pins(lock, environment)
    found: dict[str, str] = {}
    waiting = [(Requirement(root), frozenset[str]()) for root in roots]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement, _ = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        if name in pins:
            found[name] = f"{name}=={pins[name]}"
        elif name in ("pip", "setuptools"):
            # The environment of a kit brings its own.
            continue
        else:
            raise InputError(
                f"{name} is needed on {system} and is not in the lock file.",
                where=str(lock),
                fix="Run `make lock`.",
            )
        for line in _requires(name):
            below = Requirement(line)
            marker = below.marker
            wanted = marker is None or any(
                marker.evaluate({**environment, "extra": extra}) for extra in (extras or {""})
            )
            if wanted:
                waiting.append((below, frozenset()))
    return sorted(found.values())


def _pins(lock: Path, environment: dict[str, str]) -> dict[str, str]:
    if not lock.is_file():
        raise InputError(
            "There is no lock file, so the versions to hand out are not known.",
            where=str(lock),
            fix="Build without --wheels, or write one with `make lock`.",
        )
    pins: dict[str, str] = {}
    for line in read_text(lock, "The lock file").splitlines():
        text = line.split(" #")[0].strip()
        if not text or text.startswith(("#", "-")):
            continue
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            pins[canonicalize_name(requirement.name)] = str(requirement.specifier).removeprefix("==")
    return pins


def _requires(name: str) -> Sequence[str]:
    """What a package requires; nothing when it is not installed here (pywinpty, colorama and appnope need nothing)."""
    try:
        return requires(name) or ()
    except PackageNotFoundError:
        return ()


def fetch(lock: Path, system: str, python: str, roots: Iterable[str], store: Path) -> list[Path]:
    """The wheels for a system, from `store/<key>` when they were fetched before. The key is what is needed.

    Raises
    ------
    InputError
        pip cannot fetch one: there is no network, or no wheel for that system.
    """
    wanted = needed(lock, system, python, roots)
    key = hashlib.sha256("\n".join([system, python, *wanted]).encode()).hexdigest()[:16]
    folder = store / f"{system}-{python}-{key}"
    if not folder.is_dir():
        store.mkdir(parents=True, exist_ok=True)
        with written.folder(folder) as new:
            _download(wanted, system, python, new)
    files = sorted(folder.glob("*.whl"))
    if wrong := strangers([file.name for file in files], system):
        raise InputError(
            f"{wrong[0]} is not a wheel for {system}{f', and neither are {len(wrong) - 1} more' if len(wrong) > 1 else ''}.",
            where=str(folder),
            fix="Delete that folder, so that the wheels are fetched anew.",
        )
    return files


def strangers(names: Iterable[str], system: str) -> list[str]:
    """The files of a folder of wheels that do not install on a system: made for another one, or no wheels."""
    suits = {"any", *SYSTEMS[system][0]}
    wrong = []
    for name in names:
        try:
            tags = parse_wheel_filename(name)[3]
        except InvalidWheelFilename:
            wrong.append(name)
            continue
        if not any(tag.platform in suits for tag in tags):
            wrong.append(name)
    return wrong


def _download(wanted: Sequence[str], system: str, python: str, folder: Path) -> None:
    tags = [word for tag in SYSTEMS[system][0] for word in ("--platform", tag)]
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
        *("--only-binary=:all:", "--python-version", python, "--implementation", "cp"),
        *(f"--abi={abi}" for abi in (f"cp{python.replace('.', '')}", "abi3", "none")),
        *tags,
        *("--dest", str(folder), *wanted),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise InputError(
            f"Pip could not fetch the wheels for {system} and Python {python}: "
            f"{said[-1].removeprefix('ERROR: ') if said else 'no message'}.",
            fix="Check the connection to the package index, or build without --wheels to leave them out.",
        )


def own_wheel(folder: Path) -> Path:
    """A wheel of this package from its own files, the same bytes each time; it needs no build tool."""
    package = Path(cleanworks.__file__).parent
    name = f"cleanworks-{cleanworks.__version__}"
    info = f"{name}.dist-info"
    files = {
        f"cleanworks/{path.relative_to(package).as_posix()}": path.read_bytes()
        for path in sorted(package.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    libraries = "".join(f"Requires-Dist: {line}\n" for line in ("matplotlib", "numpy", "pandas", "scipy"))
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: cleanworks\nVersion: {cleanworks.__version__}\n{libraries}".encode()
    )
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: cleanworks\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    files[f"{info}/entry_points.txt"] = b"[console_scripts]\ncleanworks = cleanworks.__main__:main\n"
    files[f"{info}/RECORD"] = _record(files, info).encode()
    path = folder / f"{name}-py3-none-any.whl"
    write_zip(path, files)
    return path


def _record(files: dict[str, bytes], info: str) -> str:
    import base64

    lines = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(
            f'"{name}",sha256={digest},{len(content)}'
            if "," in name
            else f"{name},sha256={digest},{len(content)}"
        )
    return "\n".join([*lines, f"{info}/RECORD,,"]) + "\n"


def write_zip(path: Path, files: Mapping[str, bytes | Path]) -> None:
    """A zip with the same bytes for the same files: fixed times, names in order, fixed permissions."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.create_system = 3
            runs = re.search(r"\.(sh|command)$", name) is not None
            entry.external_attr = (0o100755 if runs else 0o100644) << 16
            # What is compressed already gains nothing and takes the longest.
            packed = name.endswith((".whl", ".png", ".woff2", ".zip", ".pdf"))
            entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            content = files[name]
            if isinstance(content, Path):
                entry.file_size = content.stat().st_size
                with content.open("rb") as source, archive.open(entry, "w") as target:
                    shutil.copyfileobj(source, target, 1 << 20)
            else:
                archive.writestr(entry, content)
    os.chmod(path, 0o644)
