"""Tables on disk: CSV files, or small files of typed columns, with a manifest that says what they are and proves that nobody changed them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cleanworks import draws
from cleanworks.city import assembly, compact, schemas
from cleanworks.city.schemas import Table
from cleanworks.errors import InputError
from cleanworks.profiles import Profile
from cleanworks.typed import Tables

MANIFEST = "manifest.json"
_UNFINISHED = ".part"


def fingerprint(projects: int, seed: int, profile: Profile) -> str:
    """A short text that changes whenever the tables would: with size, seed, profile, or, after a dash, the code that makes them.

    Nothing follows the dash where only compiled modules are, as in a page.
    """
    digest = hashlib.sha256(f"{projects} {seed} {profile.code}".encode())
    for key in sorted(profile):
        digest.update(f"{key}={profile[key]!r}".encode())
    sources = sorted(Path(__file__).parent.glob("*.py"))
    code = hashlib.sha256()
    for path in (Path(draws.__file__), *sources) if sources else ():
        code.update(path.read_bytes())
    return f"{digest.hexdigest()[:16]}-{code.hexdigest()[:16] if sources else ''}"


def write(
    folder: str | Path,
    projects: int,
    seed: int,
    profile: Profile,
    *,
    blocks_at_once: int = 3,
    extra: Tables | None = None,
) -> dict[str, Any]:
    """Make the city and write it to a folder, one CSV file per table, a few blocks of projects at a time.

    Files appear under their names only when all are complete, the manifest last. ``extra`` holds further finished
    tables to be written beside them. Returns the manifest.

    Raises
    ------
    InputError
        The folder cannot be written to, or the disk is full.
    """
    folder = Path(folder)
    tables = [*schemas.CONSTRUCTION, *(extra or {})]
    parts = {name: folder / f"{name}.csv{_UNFINISHED}" for name in tables}
    digests = {name: hashlib.sha256() for name in tables}
    rows = dict.fromkeys(tables, 0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            files = {name: stack.enter_context(path.open("wb")) for name, path in parts.items()}
            for number, piece in enumerate(
                _with(assembly.pieces(projects, seed, profile, blocks_at_once=blocks_at_once), extra)
            ):
                for name, frame in piece.items():
                    text = to_csv(schemas.table(name), frame, header=number == 0).encode()
                    files[name].write(text)
                    digests[name].update(text)
                    rows[name] += len(frame)
        entries = {n: {"file": f"{n}.csv", "rows": rows[n], "sha256": digests[n].hexdigest()} for n in tables}
        manifest = _finish(folder, parts, entries, projects, seed, profile)
    except OSError as error:
        raise _not_writable(folder, error) from None
    finally:
        _remove(parts)
    return manifest


def write_compact(
    folder: str | Path, tables: Mapping[str, pd.DataFrame], projects: int, seed: int, profile: Profile
) -> dict[str, Any]:
    """Write finished tables to a folder as small files of typed columns (:mod:`cleanworks.city.compact`).

    As with :func:`write`, files appear under their names only when all are complete. Returns the manifest; raises InputError
    if the folder cannot be written to.
    """
    folder = Path(folder)
    parts = {name: folder / f"{name}{compact.SUFFIX}{_UNFINISHED}" for name in tables}
    entries = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in tables.items():
            data = compact.to_bytes(name, frame)
            parts[name].write_bytes(data)
            entries[name] = {
                "file": f"{name}{compact.SUFFIX}", "rows": len(frame), "sha256": hashlib.sha256(data).hexdigest()
            }  # fmt: skip
        return _finish(folder, parts, entries, projects, seed, profile)
    except OSError as error:
        raise _not_writable(folder, error) from None
    finally:
        _remove(parts)


def _finish(
    folder: Path,
    parts: Mapping[str, Path],
    entries: Mapping[str, dict[str, Any]],
    projects: int,
    seed: int,
    profile: Profile,
) -> dict[str, Any]:
    """Give the files their names and write the manifest, last."""
    manifest = {
        "fingerprint": fingerprint(projects, seed, profile),
        "projects": projects,
        "seed": seed,
        "profile": profile.code,
        "tables": dict(entries),
    }
    (folder / MANIFEST).unlink(missing_ok=True)
    for name, path in parts.items():
        path.replace(folder / entries[name]["file"])
    unfinished = folder / (MANIFEST + _UNFINISHED)
    unfinished.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(folder / MANIFEST)
    return manifest


def _not_writable(folder: Path, error: OSError) -> InputError:
    return InputError(
        f"The tables cannot be written: {error.strerror}.",
        where=str(folder),
        fix="Choose a folder with room that you may write to.",
    )


def _remove(parts: Mapping[str, Path]) -> None:
    for path in parts.values():
        if path.parent.is_dir():
            path.unlink(missing_ok=True)


def _with(pieces: Iterable[Tables], extra: Tables | None) -> Iterator[Tables]:
    """The pieces, with the further tables added to the first."""
    for number, piece in enumerate(pieces):
        yield {**piece, **(extra or {})} if number == 0 else piece


def to_csv(described: Table, frame: pd.DataFrame, *, header: bool = True) -> str:
    """A table as CSV text: ISO dates, true and false, nothing for an empty cell."""
    columns = {}
    for name in frame.columns:
        values = frame[name]
        if pd.api.types.is_datetime64_any_dtype(values):
            unit = "s" if described[name].kind == "time" else "D"
            text = np.datetime_as_string(values.to_numpy().astype(f"datetime64[{unit}]"))
            # numpy cannot replace in no text at all: a small city has tables without a row.
            text = np.char.replace(text, "T", " ") if len(text) else text
            columns[name] = np.where(values.isna(), "", text).astype(object)
        elif pd.api.types.is_bool_dtype(values):
            columns[name] = np.where(values, "true", "false").astype(object)
        else:
            columns[name] = values
    return pd.DataFrame(columns).to_csv(index=False, header=header, lineterminator="\n")


class Ready:
    """A folder of ready-made tables, believed only if its manifest says that they are what is wanted."""

    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        self.folder, self.manifest = folder, manifest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ready) and (self.folder, self.manifest) == (other.folder, other.manifest)

    def __hash__(self) -> int:
        return hash((self.folder, self.manifest["fingerprint"]))

    @classmethod
    def find(cls, folder: str | None, projects: int, seed: int, profile: Profile) -> Ready | None:
        """The folder, or None when there is none or it holds another city."""
        if not folder or not (Path(folder) / MANIFEST).is_file():
            return None
        path = Path(folder) / MANIFEST
        try:
            manifest = json.loads(path.read_text(encoding="utf-8-sig"))
            known = manifest["fingerprint"], manifest["tables"]
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(
                "The list of data files cannot be read.", where=str(path), fix="Make the data again."
            ) from None
        # Compiled modules came together with the tables that they made.
        same = str(known[0]).startswith(fingerprint(projects, seed, profile))
        return cls(Path(folder), manifest) if same else None

    def __contains__(self, name: str) -> bool:
        return name in self.manifest["tables"]

    def read(self, name: str) -> pd.DataFrame:
        """One table, typed. A file that is missing or was changed is refused."""
        entry = self.manifest["tables"][name]
        path = self.folder / entry["file"]
        if path.parent.resolve() != self.folder.resolve():
            raise InputError(
                "The list of data files names a file outside its folder.",
                where=str(path),
                fix="Make the data again.",
            )
        try:
            data = path.read_bytes()
        except OSError:
            raise InputError(
                f"The data file of table '{name}' is missing.", where=str(path), fix="Make the data again."
            ) from None
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            raise InputError(
                f"The data file of table '{name}' was changed after it was made.",
                where=str(path),
                fix="Make the data again; keep data of your own in another folder.",
            )
        return compact.from_bytes(name, data) if path.suffix == compact.SUFFIX else read_trusted(path, name)


def read_trusted(path: Path, name: str) -> pd.DataFrame:
    """Read a file that this module wrote: types from the description, no checks."""
    described = schemas.table(name)
    kinds = {c.name: c.kind for c in described.columns}
    text = {n: str for n, kind in kinds.items() if kind in ("id", "text", "code")}
    frame = pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""], encoding="utf-8")
    for column, kind in kinds.items():
        if kind in ("date", "time"):
            frame[column] = pd.to_datetime(frame[column], format="ISO8601")
    return schemas.typed(name, frame)


def folder_from_environment() -> str | None:
    return os.environ.get("CLEANWORKS_DATA") or None
