"""Bringing files in: find out what each is, read it in pieces, and keep its tables as Parquet with a dictionary.

OCDS and OC4IDS are read one element after the other. Releases are sorted by their process into pieces on the disk, so that those of one
process are merged however far they lie apart, and only one piece is in memory at a time. Nothing appears until all has gone well.
"""

from __future__ import annotations

import contextlib
import gc
import gzip
import io
import json
import shutil
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

import pandas as pd

from cleanworks import archives, made_folder, scratch, shown
from cleanworks.city import own
from cleanworks.construction import flags
from cleanworks.data import flattened, folder, mapping, tables
from cleanworks.data.parallel import Helpers
from cleanworks.errors import InputError
from cleanworks.moments import OFFSET
from cleanworks.standards import oc4ids, ocds
from cleanworks.standards.doubts import Doubts
from cleanworks.standards.stream import (
    LISTS,
    Element,
    Part,
    Source,
    again,
    divided,
    kept,
    open_part,
    open_source,
    refuse_bomb,
)

if TYPE_CHECKING:
    import pyarrow as pa


# Releases are sorted by their process into pieces of about this size, which are in memory one after the other.
PIECE, MOST_PIECES = 32 << 20, 128
RUN = 16 << 20  # bytes that wait to be sorted by their piece
PART = 4 << 20  # bytes that one process reads at a time, where there are several
MOST_AHEAD = 64  # parts that wait for their turn
AT_ONCE = 3_000  # elements whose tables are in memory together
LARGEST_ARCHIVE = 64 << 30  # bytes of all that a zip holds; they are unpacked to the disk and read from there
LARGEST_TABLE = 2 << 30  # bytes of one CSV file, unpacked
_IGNORED = (
    ".md",
    ".txt",
    ".pdf",
    ".doc",
    ".docx",
    ".html",
    ".htm",
    ".xml",
    ".png",
    ".jpg",
    ".toml",
    ".py",
    ".parquet",
)


@dataclass
class Imported:
    """What an import did.

    ``tables`` is name -> (rows, column -> filled rows); ``sources`` says for each file its kind, what was taken and what was left, and
    why; ``indicators`` is as `cleanworks.construction.flags.possible`. ``to`` is the folder, None where the tables are in memory only.

    Examples
    --------
    >>> found = data.bring_in([path], to=folder / "imported")
    >>> found.sources[0]["kind"]
    'OCDS record package'
    >>> bool(found.indicators.loc["R018", "possible"])
    True
    """

    to: Path | None
    sources: list[dict[str, Any]] = field(default_factory=list)
    tables: dict[str, tuple[int, dict[str, int]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    held: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    def load(self) -> dict[str, pd.DataFrame]:
        """The tables themselves, by name: copies that you may change."""
        if self.to is not None:
            return folder.load(self.to)
        return {name: table.copy() for name, table in self.held.items()}

    def overview(self) -> pd.DataFrame:
        """One row for each table: its rows, and how many of its columns are filled in every row, partly, or never."""
        counts = {name: (rows, *_fill(rows, filled)) for name, (rows, filled) in self.tables.items()}
        columns = ["rows", "columns filled in every row", "partly", "never"]
        return pd.DataFrame.from_dict(counts, orient="index", columns=columns).rename_axis("table")

    @property
    def indicators(self) -> pd.DataFrame:
        return flags.possible(
            {
                f"{name}.{column}"
                for name, (_, filled) in self.tables.items()
                for column, n in filled.items()
                if n
            }
        )


Files = Sequence[tuple[Path, str]]  # each with the name that a person knows
Tell = Callable[[int, int, str], None]  # bytes read, bytes in all, the file in hand


def bring_in(
    files: Sequence[str | Path],
    to: str | Path | None = None,
    *,
    mappings: Sequence[mapping.Columns] | None = None,
    encoding: str | None = None,
    tell: Tell | None = None,
    workers: int = 1,
) -> Imported:
    """Read files and keep their tables in a folder.

    Parameters
    ----------
    files : paths
        OCDS or OC4IDS (package, records, JSON lines; OCDS flattened into CSV, too), CSV, XLSX; also gzipped, in a zip, or a folder of them.
        All of one kind.
    to : path, optional
        A new or empty folder, or an older import, which is replaced. Without it the tables are kept in memory only: `Imported.load`
        gives them.
    mappings : list, optional
        For CSV and XLSX: how their columns are read, see `proposals`. Without it, what `cleanworks.data.mapping.propose` proposes,
        if it leaves no question open.
    encoding : str, optional
        Of CSV files that are not UTF-8.
    tell : callable, optional
        Called with the bytes read, the bytes in all and the file in hand.
    workers : int
        Processes that read large OCDS files together, this one included; the tables are the same. With more than one, a script must call
        this under ``if __name__ == "__main__":``, because each process reads the script first.

    Raises
    ------
    InputError
        Nothing to read, files of several kinds, a damaged file, a question that the mapping leaves open, or a folder that holds
        something else. The output folder is then as it was.

    Examples
    --------
    >>> found = data.bring_in([path], to=folder / "bring_in")
    >>> rows, filled = found.tables["tenders"]
    >>> rows
    20
    """
    if to is not None:
        to = Path(to)
        made_folder.check(to, own.MARK, own.MADE_BY)
    with _unpacked(files, encoding) as (found, left):
        if not found:
            reasons = "; ".join(f"{one['file']}: {', '.join(one['left'])}" for one in left[:5])
            raise InputError(
                f"There is nothing to read{': ' + reasons if reasons else ''}.",
                where=_named(files),
                fix="Give OCDS, OC4IDS, CSV or XLSX files.",
            )
        kinds = {_kind(path, name) for path, name in found}
        if len(kinds) > 1:
            both = "; ".join(
                f"{kind}: {next(name for path, name in found if _kind(path, name) == kind)}"
                for kind in sorted(kinds)
            )
            raise InputError(
                f"The files are of several kinds ({both}).",
                where=_named(files),
                fix="Import each kind into a folder of its own: together they would count the same projects twice.",
            )
        (kind,) = kinds
        made = Imported(to, left)
        with contextlib.ExitStack() as stack:
            new = (
                stack.enter_context(made_folder.whole(to, own.MARK, own.MADE_BY)) if to is not None else None
            )
            place = stack.enter_context(
                tempfile.TemporaryDirectory(dir=new.parent if new else None, prefix=".pieces-")
            )
            keep = _Keeper(Path(place)) if new else _Holder()
            helpers = stack.enter_context(Helpers(_useful(found, kind, workers) - 1 if new else 0))
            if kind == "tables":
                _tables(found, mappings, encoding, keep, made, tell)
            else:
                _standard(found, kind, keep, made, tell, Path(place), helpers)
            if isinstance(keep, _Holder):
                made.tables = keep.finish(made.held)
            elif new:
                made.tables = keep.finish(new, helpers)
            made.notes += keep.doubts.notes()
            if not any(rows for rows, _ in made.tables.values()):
                why = f" {made.notes[-1]}" if made.notes else ""
                raise InputError(
                    f"The files hold no rows.{why}",
                    where=_named(files),
                    fix="Give files with the data themselves, or export them again.",
                )
            if new:
                folder.describe(new, made.tables, made.sources, made.notes)
    # Each row says in which currency it is, so its amounts are written as numbers, not as money of the country of the profile.
    shown.write_money(None)
    shown.offer()
    return made


def proposals(files: Sequence[str | Path], encoding: str | None = None) -> list[mapping.Columns]:
    """The mappings that are proposed for CSV and XLSX files; an empty list for OCDS and OC4IDS, which need none.

    Change what is not right in them, and give them to `bring_in`. Each is for one table: ``columns`` says which heading is which column,
    ``units`` what its numbers stand for (1000 for thousands), ``dates`` and ``decimal`` how days and numbers are written, and
    ``questions`` what a person has to decide.

    Parameters
    ----------
    files : paths
        As for `bring_in`.
    encoding : str, optional
        Of CSV files that are not UTF-8.

    Examples
    --------
    >>> file = folder / "works.csv"
    >>> _ = file.write_text("Contract no.,Firm,Contract value (thousand KRW)")
    >>> first = data.proposals([file])[0]
    >>> first.columns["Firm"], first.units
    ('supplier_name', {'Contract value (thousand KRW)': 1000})
    """
    with _unpacked(files, encoding) as (found, _):
        return [
            _proposed(sheet)
            for path, name in found
            if _kind(path, name) == "tables"
            for sheet in _sheets(path, name, encoding)[0]
        ]


# Finding the files ------------------------------------------------------------------------------------------------------


class _unpacked:
    """The files that a request names, folders and zips opened: ((path, name), ...) and what was left, and why."""

    def __init__(self, files: Iterable[str | Path], encoding: str | None = None) -> None:
        self.files, self.encoding = [Path(file) for file in files], encoding
        self.place: Path | None = None

    def __enter__(self) -> tuple[list[tuple[Path, str]], list[dict[str, Any]]]:
        found: list[tuple[Path, str]] = []
        left: list[dict[str, Any]] = []
        try:
            for path in self.files:
                if path.is_dir():
                    for inner in sorted(path.rglob("*")):
                        if inner.is_file() and not any(
                            part.startswith(".") for part in inner.relative_to(path).parts
                        ):
                            self._add(
                                inner, inner.relative_to(path.parent).as_posix(), found, left, asked=False
                            )
                elif path.is_file():
                    self._add(path, path.name, found, left, asked=True)
                else:
                    raise InputError(
                        "There is no such file or folder.", where=str(path), fix="Check the name."
                    )
            return self._put_together(found, left), left
        except BaseException:
            self.__exit__()
            raise

    def _put_together(
        self, found: list[tuple[Path, str]], left: list[dict[str, Any]]
    ) -> list[tuple[Path, str]]:
        """The files with one of releases in the place of all tables into which OCDS was flattened: what belongs together lies in several."""
        sheets = {}
        for path, name in found:
            if name.lower().endswith((".csv", ".csv.gz", ".tsv")) and _may_be_flattened(path):
                ((sheet,), _) = _sheets(path, name, self.encoding)
                if flattened.is_flattened(sheet.headings):
                    sheets[path] = sheet
        if not sheets:
            return found
        self.place = self.place or scratch.make()
        number = flattened.write(sheets.values(), self.place / "flattened.jsonl")
        for sheet in sheets.values():
            rows = f"{len(sheet.rows):,} rows of OCDS that was flattened"
            left.append(
                {
                    "file": sheet.file,
                    "kind": "CSV",
                    "taken": rows,
                    "left": [*sheet.left, *([sheet.doubt] if sheet.doubt else [])],
                }
            )
        names = _named(sheet.file for sheet in sheets.values())
        whole = (self.place / "flattened.jsonl", f"{names}, put together: {number:,} releases")
        return [*(one for one in found if one[0] not in sheets), whole]

    def __exit__(self, *_: object) -> None:
        if self.place:
            scratch.remove(self.place)

    def _add(
        self, path: Path, name: str, found: list[tuple[Path, str]], left: list[dict[str, Any]], asked: bool
    ) -> None:
        lower = name.lower()
        if not path.stat().st_size:
            if asked:
                raise InputError("The file is empty.", where=name, fix="Export it again.")
            left.append({"file": name, "kind": "", "taken": "nothing", "left": ["the file is empty"]})
        elif zipfile.is_zipfile(path) and not lower.endswith((".xlsx", ".xlsm")):
            _refuse_office(path, name)
            self._unzip(path, name, found, left)
        elif lower.endswith(_IGNORED) or not lower.endswith(
            (".json", ".jsonl", ".ndjson", ".gz", ".csv", ".tsv", ".xlsx", ".xlsm", ".geojson")
        ):
            if asked and not lower.endswith(_IGNORED):
                found.append((path, name))
            elif asked:
                raise InputError(
                    "This kind of data cannot be read.",
                    where=name,
                    fix="Give OCDS or OC4IDS (JSON), CSV or XLSX.",
                )
            else:
                left.append({"file": name, "kind": "", "taken": "nothing", "left": ["not JSON, CSV or XLSX"]})
        else:
            found.append((path, name))

    def _unzip(
        self, path: Path, name: str, found: list[tuple[Path, str]], left: list[dict[str, Any]]
    ) -> None:
        self.place = self.place or scratch.make()
        with archives.opened(path, name) as archive:
            entries = archives.members(archive, name, largest=LARGEST_ARCHIVE, what="zip of data")
            for number, member in enumerate(entries):
                if member.is_dir():
                    continue
                inner = PurePosixPath(member.filename.replace("\\", "/"))
                if any(part.startswith((".", "__MACOSX")) for part in inner.parts):
                    continue
                refuse_bomb(f"{name}, {member.filename}", member.compress_size, member.file_size)
                if member.file_size > shutil.disk_usage(self.place).free:
                    raise InputError(
                        f"{member.filename} does not fit on the disk.",
                        where=name,
                        fix="Free some space, or unpack it yourself on another disk.",
                    )
                target = self.place / f"{len(found)}-{number}-{inner.name}"
                with archive.open(member) as packed, target.open("wb") as plain:
                    shutil.copyfileobj(packed, plain)
                self._add(target, f"{name}/{inner}", found, left, asked=False)


def _refuse_office(path: Path, name: str) -> None:
    """Refuse a workbook under another name: it is a zip too, but no zip of data."""
    with archives.opened(path, name) as archive:
        parts = set(archive.namelist())
    if parts & {"[Content_Types].xml", "content.xml"}:
        xlsx = "xl/workbook.xml" in parts
        raise InputError(
            "This is a workbook, and its name does not say so."
            if xlsx
            else "This is a document of an office program, not a table that can be read here.",
            where=name,
            fix="Give it the ending .xlsx." if xlsx else "Save the table as .xlsx, or as 'CSV UTF-8'.",
        )


def _may_be_flattened(path: Path) -> bool:
    """Whether the first lines of a table name an ocid: only then is it read to look at its headings."""
    try:
        with (gzip.open if path.open("rb").read(2) == b"\x1f\x8b" else open)(path, "rb") as file:
            return b"ocid" in file.read(1 << 16).replace(b"\0", b"")
    except (OSError, EOFError, zlib.error):
        return False  # said where the file is read


def _kind(path: Path, name: str) -> str:
    lower = name.lower().removesuffix(".gz")
    if lower.endswith((".csv", ".tsv", ".xlsx", ".xlsm")):
        return "tables"
    if lower.endswith((".json", ".jsonl", ".ndjson")) or _start(path) in b"{[\xef":
        with _called(path, name):
            listed = open_source(path).list_name
        return "OC4IDS" if listed == "projects" else "OCDS"
    return "tables"


@contextlib.contextmanager
def _called(path: Path, name: str) -> Iterator[None]:
    """Messages about a file, which may have been unpacked into a scratch folder, call it as the reader knows it."""
    try:
        yield
    except InputError as error:
        where = (error.where or "").replace(str(path), name)
        raise InputError(error.what, where=where or name, fix=error.fix) from None


def _start(path: Path) -> bytes:
    opened = gzip.open if path.open("rb").read(2) == b"\x1f\x8b" else open
    try:
        with opened(path, "rb") as file:
            return file.read(1) or b"x"
    except (OSError, EOFError, zlib.error):
        raise InputError("The compressed file is damaged.", where=path.name, fix="Get it again.") from None


def _named(files: Iterable[str | Path]) -> str:
    names = [str(file) for file in files]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "") or "files"


# OCDS and OC4IDS --------------------------------------------------------------------------------------------------------


def _standard(
    found: Files, kind: str, keep: _Pieces, made: Imported, tell: Tell | None, place: Path, helpers: Helpers
) -> None:
    told, read = _Told(tell, sum(path.stat().st_size for path, _ in found)), _Read()
    if kind == "OC4IDS":
        places = (
            (one.value, f"{told.name}, project {one.number}") for one, _ in _elements(found, read, told)
        )
        for piece in oc4ids.pieces_of(places, AT_ONCE):
            keep.add(piece)
        read.tell(made)
        return
    pieces = min(_size(found) // PIECE + 1, MOST_PIECES)
    together = _sorted_together(found, told, pieces, place, helpers) if helpers.number else None
    if together is not None:
        runs, read = together
    else:
        with (place / "sorted").open("wb") as file, _without_cycles():
            runs = [_Sorter(file, pieces, "").all(_elements(found, read, told))]
    read.tell(made)
    if isinstance(keep, _Keeper):
        tasks = ((*batch, place, number) for number, batch in enumerate(_processes(runs, pieces)))
        for kept_there in helpers.each(_tabled, tasks, ahead=4 * (helpers.number + 1)):
            keep.take(kept_there)
    else:
        for processes, before in _processes(runs, pieces):
            keep.add(ocds.tables_of(_compiled(processes), already=before))


def _size(found: Files) -> int:
    """The bytes of some files; of compressed ones about what they unpack to."""
    return sum(path.stat().st_size * (10 if name.endswith(".gz") else 1) for path, name in found)


def _useful(found: Files, kind: str, workers: int) -> int:
    """How many processes are worth starting: another Python takes most of a second to begin."""
    return workers if kind == "OCDS" and _size(found) > 4 * PART else 1


Runs = tuple[
    Path, list[list[int]]
]  # a file of elements, and for each run in it where each piece begins, and the end


class _Sorter:
    """Elements written into one file by the piece of their process: in runs, each of which is sorted by piece."""

    def __init__(self, file: BinaryIO, pieces: int, mark: str) -> None:
        self.file, self.mark = file, mark
        self.held: list[list[bytes]] = [[] for _ in range(pieces)]
        self.size, self.places = 0, list[list[int]]()

    def all(self, elements: Iterable[tuple[Element, str]]) -> Runs:
        for count, (element, list_name) in enumerate(elements):
            value = element.value
            line = kept(ocds.what_is_read(value))
            ocid = ocds.ocid_of(value)
            # What has no usable ocid belongs to nothing else.
            key = json.dumps(ocid or f"\0{self.mark}{count}").encode()
            piece = zlib.crc32(key if ocid else line) % len(self.held)
            self.held[piece].append(b"%s\t%s\t%s\n" % (list_name.encode(), key, line))
            self.size += len(line)
            if self.size > RUN:
                self._write()
        self._write()
        return Path(self.file.name), self.places

    def _write(self) -> None:
        begins = [self.file.tell()]
        for lines in self.held:
            self.file.write(b"".join(lines))
            begins.append(self.file.tell())
            lines.clear()
        self.places.append(begins)
        self.size = 0


Process = list[tuple[bytes, bytes]]  # list name and text of each of its releases or records


def _processes(runs: Sequence[Runs], pieces: int) -> Iterator[tuple[list[Process], int]]:
    """Batches of processes, each with how many came before it; only texts of one piece are in memory."""
    before = 0
    with contextlib.ExitStack() as stack:
        opened = [(stack.enter_context(path.open("rb")), places) for path, places in runs]
        for piece in range(pieces):
            processes: dict[bytes, Process] = {}
            for file, places in opened:
                for begins in places:
                    file.seek(begins[piece])
                    for line in file.read(begins[piece + 1] - begins[piece]).split(b"\n")[:-1]:
                        list_name, key, value = line.split(b"\t", 2)
                        processes.setdefault(key, []).append((list_name, value))
            batch, size = list[Process](), 0
            for process in processes.values():
                batch.append(process)
                size += sum(len(value) for _, value in process)
                if len(batch) == AT_ONCE or size > PART:
                    yield batch, before
                    before += len(batch)
                    batch, size = [], 0
            if batch:
                yield batch, before
                before += len(batch)


def _compiled(batch: Iterable[Process]) -> Iterator[dict[str, Any]]:
    """The compiled release of each process."""
    for parts in batch:
        records = (again(value) for list_name, value in parts if list_name == b"records")
        whole = next(iter(ocds.compiled_of(records, "records")), None)
        if whole is not None:
            yield whole
        else:
            releases = (again(value) for list_name, value in parts if list_name == b"releases")
            yield from ocds.compiled_of(releases, "releases")


def _tabled(batch: list[Process], before: int, place: Path, number: int) -> _Keeper:
    """The tables of a batch, in files; for any process."""
    keep = _Keeper(place, f"{number}-")
    with _without_cycles():
        made = ocds.tables_of(_compiled(batch), already=before)
    keep.add(made)
    return keep


@contextlib.contextmanager
def _without_cycles() -> Iterator[None]:
    """No search for objects that hold each other: reading makes none, and to look through all that was read takes a third of the time."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


# A task of one process: its number, and stretches of files, or whole files, with the name that a person knows.
Task = tuple[int, list[tuple[Path | Part, str]]]


def _tasks(found: Files) -> Iterator[Task]:
    number, small, size = 0, list[tuple[Path | Part, str]](), 0
    for path, name in found:
        parts: list[Path | Part] = [*divided(path, PART)] or [path]
        for part in parts:
            small.append((part, name))
            size += PART if isinstance(part, Part) else path.stat().st_size
            if size >= PART:
                yield number, small
                number, small, size = number + 1, [], 0
    if small:
        yield number, small


@dataclass
class _Read:
    """What was read of files: for each its name, kind, list, elements, and whether it came to its end; and what was taken for granted."""

    files: list[tuple[str, str, str, int, bool]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def take(self, other: _Read) -> None:
        """Add what another process read after this."""
        for file, kind, list_name, number, ended in other.files:
            if self.files and not self.files[-1][-1]:
                number += self.files.pop()[3]
            self.files.append((file, kind, list_name, number, ended))
        self.notes += other.notes

    def tell(self, made: Imported) -> None:
        made.sources += [
            {
                "file": file,
                "kind": kind,
                "taken": f"{number:,} {LISTS_SHORT[list_name]}",
                "left": [] if number else ["the list is empty"],
            }
            for file, kind, list_name, number, _ in self.files
        ]
        made.notes += self.notes


def _sort_apart(task: Task, pieces: int, place: Path) -> tuple[Runs, _Read, int]:
    """The runs of one task, what was read, and its bytes; for any process."""
    number, parts = task
    read = _Read()
    with (place / f"sorted-{number}").open("wb") as file, _without_cycles():
        runs = _Sorter(file, pieces, f"{number}-").all(_elements(parts, read, _Told(None, 0)))
    size = sum(p.end - p.begin if isinstance(p, Part) else p.stat().st_size for p, _ in parts)
    return runs, read, size


def _sorted_together(
    found: Files, told: _Told, pieces: int, place: Path, helpers: Helpers
) -> tuple[list[Runs], _Read] | None:
    """The runs of several processes; None where a file is wrong, or cannot be cut where it seemed: reading it in one finds out what is."""
    runs, read, done = list[Runs](), _Read(), 0
    try:
        tasks = ((task, pieces, place) for task in _tasks(found))
        for run, more, size in helpers.each(_sort_apart, tasks, ahead=MOST_AHEAD):
            runs.append(run)
            read.take(more)
            done += size
            told.reached(done, more.files[-1][0])
    except InputError:
        return None
    return runs, read


def _elements(
    found: Iterable[tuple[Path | Part, str]], read: _Read, told: _Told
) -> Iterator[tuple[Element, str]]:
    for opened, name in found:
        path = opened.path if isinstance(opened, Part) else opened
        told.begin(path, name)
        with _called(path, name):
            source = open_part(opened) if isinstance(opened, Part) else open_source(opened)
            number, links = 0, ocds.Links()
            for element in source.elements:
                number += 1
                if source.list_name == "records":
                    links.count(element.value)
                told.step(source)
                yield element, source.list_name
        told.done(path)
        ended = not isinstance(opened, Part) or opened.last
        read.notes += [f"{name}: {note}" for note in links.notes()]
        read.files.append((name, source.what, source.list_name, number, ended))
        if ended:
            read.notes += [f"{name}: {note}" for note in source.notes]


LISTS_SHORT = dict(zip(LISTS, ("projects", "releases", "records"), strict=True))


class _Told:
    """Tells how far the reading is, at most a few times a second."""

    def __init__(self, tell: Tell | None, total: int) -> None:
        self.tell, self.total, self.before, self.name, self.last = tell, total, 0, "", 0.0

    def begin(self, path: Path, name: str) -> None:
        self.name = name

    def step(self, source: Source) -> None:
        if self.tell and time.monotonic() - self.last > 0.2:
            self.last = time.monotonic()
            self.tell(min(self.before + source.bytes_read, self.total), self.total, self.name)

    def done(self, path: Path) -> None:
        self.before += path.stat().st_size
        if self.tell:
            self.tell(self.before, self.total, self.name)

    def reached(self, size: int, name: str) -> None:
        if self.tell:
            self.tell(size, self.total, name)


# CSV and spreadsheets -----------------------------------------------------------------------------------------------------


def _sheets(path: Path, name: str, encoding: str | None) -> tuple[list[tables.Sheet], list[str]]:
    if name.lower().endswith((".xlsx", ".xlsm")):
        return tables.from_workbook(path, name)
    _refuse_large(path.stat().st_size, name)
    with path.open("rb") as file:
        data = file.read(1 << 20)
        if data[:2] == b"\x1f\x8b":
            data = _gunzipped(data + file.read(), name)
        elif len(data) == 1 << 20:
            _refuse_one_line(data, name)
            data += file.read()
    return [tables.from_csv(data, name, encoding)], []


def _gunzipped(data: bytes, name: str) -> bytes:
    size = 0
    try:
        # Counted before anything is kept: a small file may unpack to more than there is memory.
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            while piece := file.read(1 << 20):
                size += len(piece)
                refuse_bomb(name, len(data), size)
                _refuse_large(size, name)
                if size == 1 << 20:
                    _refuse_one_line(piece, name)
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"The compressed file is damaged: {error}.", where=name, fix="Get it again."
        ) from None


def _refuse_one_line(start: bytes, name: str) -> None:
    if b"\n" not in start and b"\r" not in start:
        raise InputError(
            f"The first line has more than {len(start):,} bytes, so this is not a table.",
            where=name,
            fix="Export it again, one row on each line.",
        )


def _refuse_large(size: int, name: str) -> None:
    if size > LARGEST_TABLE:
        raise InputError(
            f"The table has more than {LARGEST_TABLE >> 30} GiB, and it has to be read in one piece.",
            where=name,
            fix="Save it as several files, for example one for each year.",
        )


def _tables(
    found: Files,
    mappings: Sequence[mapping.Columns] | None,
    encoding: str | None,
    keep: _Pieces,
    made: Imported,
    tell: Tell | None,
) -> None:
    read = _Told(tell, sum(path.stat().st_size for path, _ in found))
    rows_before: dict[str, int] = {}
    known: dict[str, dict[str, str]] = {}
    used = set()
    for path, name in found:
        read.begin(path, name)
        sheets, left = _sheets(path, name, encoding)
        taken = []
        for sheet in sheets:
            chosen = _mapping_of(sheet, mappings)
            if chosen is None:
                left.append(
                    f"sheet {sheet.sheet!r}: the mapping does not name it"
                    if sheet.sheet
                    else "the mapping does not name this file"
                )
                continue
            used.add(id(chosen))
            table, more = tables.typed(sheet, chosen, rows_before.get(chosen.table, 0))
            rows_before[chosen.table] = rows_before.get(chosen.table, 0) + len(table)
            _refuse_known(table, chosen.table, sheet, known.setdefault(chosen.table, {}))
            keep.add({chosen.table: table})
            taken.append(
                f"{len(table):,} rows of {chosen.table} ({len(chosen.columns)} of {len(sheet.headings)} columns)"
            )
            left += more
        read.done(path)
        made.sources.append(
            {
                "file": name,
                "kind": "spreadsheet" if sheets[0].sheet else "CSV",
                "taken": "; ".join(taken) or "nothing",
                "left": left,
            }
        )
    if mappings is not None and not used:
        raise InputError(
            "The mapping is for other files.", where=", ".join(one.file for one in mappings[:3]),
            fix=f"It names none of {', '.join(name for _, name in found[:3])}. Let the import write a new one.",
        )  # fmt: skip


def _refuse_known(table: pd.DataFrame, name: str, sheet: tables.Sheet, known: dict[str, str]) -> None:
    """Refuse what another file or sheet holds already: it would count twice."""
    key = mapping.key_of(name)
    if key not in table:
        return
    ids = table[key].dropna().tolist()
    twice = next((one for one in ids if one in known), None)
    if twice is not None:
        raise InputError(
            f"{key} {twice!r} is in {known[twice]} and in {sheet.place}.",
            where=sheet.place,
            fix="Bring in one of them, or take the rows that both hold out of one.",
        )
    known |= dict.fromkeys(ids, sheet.place)


def _proposed(sheet: tables.Sheet) -> mapping.Columns:
    try:
        return mapping.propose(sheet.file, sheet.sheet, sheet.headings, sheet.values(), sheet.separator)
    except InputError as error:
        # Headings that were read in another encoding than their own are not known for this alone.
        if sheet.doubt:
            raise InputError(
                error.what, where=error.where, fix=f"State another encoding: {sheet.doubt}"
            ) from None
        raise


def _mapping_of(sheet: tables.Sheet, mappings: Sequence[mapping.Columns] | None) -> mapping.Columns | None:
    if mappings is None:
        made = _proposed(sheet)
        asked = [question for question in made.questions if "numbered instead" not in question]
        if asked:
            cell = next(
                (
                    sheet.row(place)
                    for place, row in enumerate(sheet.rows)
                    if any(text and repr(str(text)) in asked[0] for text in map(str.strip, row))
                ),
                sheet.place,
            )
            raise InputError(
                f"{asked[0]}.",
                where=cell,
                fix="Correct the cell, or say in a mapping file how it is to be read: --mapping FILE writes one.",
            )
        return made
    same = [
        one
        for one in mappings
        if PurePosixPath(one.file).name == PurePosixPath(sheet.file).name and one.sheet == sheet.sheet
    ]
    return same[0] if same else None


# Keeping ------------------------------------------------------------------------------------------------------------------


class _Pieces:
    """Pieces of tables, counted as they come."""

    def __init__(self) -> None:
        self.parts: dict[str, list[Any]] = {}
        self.rows: dict[str, int] = {}
        self.filled: dict[str, dict[str, int]] = {}
        self.doubts = Doubts()

    def kept(self, name: str, table: pd.DataFrame) -> tuple[pd.DataFrame | Path, dict[str, int]]:
        """A piece, and how many rows of each of its columns are filled."""
        raise NotImplementedError

    def add(self, made: Mapping[str, pd.DataFrame]) -> None:
        self.doubts.take(made)
        for name, table in made.items():
            table.attrs.clear()
            # A table of changes without a row says that none was made; the reader leaves its columns away where nothing is known.
            if not len(table.columns) or (not len(table) and name not in ("modifications", "subcontracts")):
                continue
            part, filled = self.kept(f"{name}-{len(self.parts.get(name, ()))}", _plain(table))
            self.count(name, [part], len(table), filled)

    def count(self, name: str, parts: Sequence[Any], rows: int, filled: Mapping[str, int]) -> None:
        self.parts.setdefault(name, []).extend(parts)
        self.rows[name] = self.rows.get(name, 0) + rows
        counts = self.filled.setdefault(name, {})
        for column, there in filled.items():
            counts[column] = counts.get(column, 0) + there

    def counts(self) -> dict[str, tuple[int, dict[str, int]]]:
        return {name: (self.rows[name], self.filled[name]) for name in self.parts}


class _Holder(_Pieces):
    """Pieces in memory: where nothing is to be written, as in the page, which has no Parquet."""

    def kept(self, name: str, table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
        return table, {column: int(table[column].notna().sum()) for column in table}

    def finish(self, held: dict[str, pd.DataFrame]) -> dict[str, tuple[int, dict[str, int]]]:
        held |= {
            name: _joined(parts) if len(parts) > 1 else parts[0].reset_index(drop=True)
            for name, parts in self.parts.items()
        }
        return self.counts()


class _Keeper(_Pieces):
    """Pieces on the disk, joined into one Parquet file for each table at the end."""

    def __init__(self, place: Path, mark: str = "") -> None:
        super().__init__()
        self.place, self.mark = place, mark

    def kept(self, name: str, table: pd.DataFrame) -> tuple[Path, dict[str, int]]:
        import pyarrow as pa
        from pyarrow import feather

        # Only the files that stay are worth packing.
        file = self.place / f"{self.mark}{name}.arrow"
        rows = pa.Table.from_pandas(table, preserve_index=False, nthreads=1)
        feather.write_feather(rows, file, compression="uncompressed")
        return file, {column: len(rows) - rows[column].null_count for column in rows.column_names}

    def take(self, other: _Keeper) -> None:
        """Add the pieces that come after these."""
        self.doubts.add(other.doubts)
        for name, parts in other.parts.items():
            self.count(name, parts, other.rows[name], other.filled[name])

    def finish(self, new: Path, helpers: Helpers) -> dict[str, tuple[int, dict[str, int]]]:
        tasks = ((parts, new / f"{name}.parquet") for name, parts in self.parts.items())
        for _ in helpers.each(_one_file, tasks, ahead=len(self.parts)):
            pass
        return self.counts()


def _one_file(parts: Sequence[Path], file: Path) -> None:
    """Join pieces of a table; for any process."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import feather

    schemas = [pa.ipc.open_file(part).schema.remove_metadata() for part in map(str, parts)]
    schema = pa.unify_schemas(schemas, promote_options="permissive")
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for part in parts:
            writer.write_table(_fitted(feather.read_table(part, memory_map=False), schema))
            part.unlink()


def _fill(rows: int, filled: Mapping[str, int]) -> tuple[int, int, int]:
    """Columns that are filled in every row, in some, in none."""
    never = sum(n == 0 for n in filled.values())
    full = sum(0 < n == rows for n in filled.values())
    return full, len(filled) - full - never, never


def _joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Pieces as one table; one without offsets has only clocks of UTC."""
    offsets = {column for part in parts for column in part if column.endswith(OFFSET)}
    whole = [part.assign(**dict.fromkeys(sorted(offsets - set(part)), 0.0)) for part in parts]
    return pd.concat(whole, ignore_index=True)


def _fitted(table: pa.Table, schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    def missing(column: pa.Field) -> pa.Array:
        # A piece without offsets has only clocks of UTC.
        if column.name.endswith(OFFSET):
            return pa.repeat(pa.scalar(0, column.type), table.num_rows)
        return pa.nulls(table.num_rows, column.type)

    columns = [table[f.name].cast(f.type) if f.name in table.column_names else missing(f) for f in schema]
    return pa.table(columns, schema=schema)


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose columns have one kind of value each: texts that came from local members may be anything."""
    changed = {}
    for column in table:
        values = table[column]
        if values.dtype == object and not set(map(type, values.tolist())) <= {str, type(None)}:
            kinds = {type(value) for value in values if value is not None and value == value}
            if kinds - {str} and kinds != {bool}:
                changed[column] = [
                    None if value is None or value != value else str(value) for value in values
                ]
    return table.assign(**changed) if changed else table
