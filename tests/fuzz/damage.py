"""Ways in which files arrive damaged: by a bad disk, by another program, by a person with an editor, by somebody who means harm.

Every way takes a `random.Random` and the content, and gives another content. Nothing here knows a reader.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

Way = Callable[[random.Random, bytes], bytes]

ODD_BYTES = (
    b"\x00", b"\xff", b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x1f\x8b", b"PK\x03\x04", b"\r", b"\n\n", b"\t", b"'", b'"',
    b"`", b"\\", b"{", b"}", b"[", b"]", b"---\n", b"<!--", b"%", b"*", b"&a", b"*a", b"!!python/object:os.system ", b": ", b"- ", b"NaN", b"1e999",
    b"9" * 400, b"-1", b"../" * 8, b"{{", b"%(", b"\xc3\xa9", b"\xe2\x80\xa8", b"9999-12-31", b"0001-01-01", b"2024-02-31",
)  # fmt: skip

ODD_VALUES = (
    None, True, False, 0, -1, 1.5, 10**30, 1e308, float("nan"), float("inf"), "", " ", "x" * 5000, "\x00", "\ud800", "é" * 300, "../../etc/passwd",
    "C:\\a", "=1+1", "<b>x</b>", "9999-12-31", "0001-01-01T00:00:00Z", "2024-02-31", "2024-13-01T25:00:00+99:99", "NaN", "1e999", "[1", "{x}", "%s",
    [], {}, [[]], [None], {"": None}, [1, "a", {}], {"id": 1}, ["a", "a"],
)  # fmt: skip


# --- any file -------------------------------------------------------------------------------------------------------


def flip(chance: random.Random, data: bytes) -> bytes:
    """Some bytes changed."""
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        if made:
            made[chance.randrange(len(made))] = chance.randrange(256)
    return bytes(made)


def cut(chance: random.Random, data: bytes) -> bytes:
    """The end is missing, as of a copy that was interrupted."""
    return data[: chance.randrange(len(data) + 1)]


def lose(chance: random.Random, data: bytes) -> bytes:
    """A piece in the middle is missing."""
    begin = chance.randrange(len(data) + 1)
    return data[:begin] + data[begin + chance.choice((1, 2, 10, 100, 2000)) :]


def repeat(chance: random.Random, data: bytes) -> bytes:
    """A piece stands there twice, or many times."""
    begin = chance.randrange(len(data) + 1)
    piece = data[begin : begin + chance.choice((1, 10, 100, 1000))]
    return data[:begin] + piece * chance.choice((2, 2, 3, 50, 1000)) + data[begin:]


def insert(chance: random.Random, data: bytes) -> bytes:
    """Something odd stands in it."""
    for _ in range(chance.choice((1, 1, 1, 3))):
        place = chance.randrange(len(data) + 1)
        data = data[:place] + chance.choice(ODD_BYTES) + data[place:]
    return data


def recode(chance: random.Random, data: bytes) -> bytes:
    """Saved by another program, in another encoding or with other ends of lines."""
    text = data.decode("utf-8", "replace")
    how = chance.randrange(7)
    if how == 0:
        return b"\xef\xbb\xbf" + data
    if how == 1:
        return data.replace(b"\n", b"\r\n")
    if how == 2:
        return data.replace(b"\n", b"\r")
    return text.encode(
        {3: "utf-16", 4: "utf-16-le", 5: "latin-1", 6: "cp949"}.get(how, "utf-8"),
        chance.choice(("ignore", "replace")),
    )


def lines(chance: random.Random, data: bytes) -> bytes:
    """Lines dropped, moved, indented or joined."""
    rows = data.split(b"\n")
    for _ in range(chance.choice((1, 1, 2, 5))):
        place, how = chance.randrange(len(rows)), chance.randrange(5)
        if how == 0:
            del rows[place]
            rows = rows or [b""]
        elif how == 1:
            other = chance.randrange(len(rows))
            rows[place], rows[other] = rows[other], rows[place]
        elif how == 2:
            rows[place] = b" " * chance.randrange(1, 9) + rows[place]
        elif how == 3:
            rows[place] = rows[place].lstrip()
        else:
            rows[place : place + 2] = [b"".join(rows[place : place + 2])]
    return b"\n".join(rows)


def other(chance: random.Random, data: bytes) -> bytes:
    """Not such a file at all."""
    deep = chance.choice((200, 5000, 100_000))
    return chance.choice((
        b"", b" ", b"\n", b"\x00" * 100, b"null", b"[]", b"{}", b"0", b'"text"', b"true", b"[" * deep, b'{"a":' * deep, b"- " * min(deep, 5000), b"(" * deep,
        b"<html></html>", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"PK\x05\x06" + b"\x00" * 18, b"\x1f\x8b\x08\x00", gzip.compress(data, mtime=0), chance.randbytes(500),
        b"x" * chance.choice((1000, 200_000, 3_000_000)), b"a,b\n1,2\n", b"a = 1\n", b"a: 1\n", b"# Title\n", b"SQLite format 3\x00" + b"\x00" * 84,
    ))  # fmt: skip


def value(chance: random.Random, data: bytes) -> bytes:
    """One value of a text file is another: a number, a quoted text, a word after `=` or `:`."""
    text = data.decode("utf-8", "replace")
    found = list(re.finditer(r'"[^"\n]*"|\b\d[\d.,:-]*\b|(?<=[=:,;] )[^\n,;]+|(?<=[,;\t])[^\n,;\t]+', text))
    if not found:
        return insert(chance, data)
    for one in sorted(
        chance.sample(found, min(len(found), chance.choice((1, 1, 2)))), key=lambda m: -m.start()
    ):
        odd = chance.choice((*ODD_VALUES, chance.choice(found)[0]))
        shown = (
            odd
            if (isinstance(odd, str) and chance.random() < 0.6)
            or (isinstance(odd, str) and one[0][0] not in "\"'")
            else json.dumps(odd)
        )
        text = text[: one.start()] + shown + text[one.end() :]
    return text.encode("utf-8", "surrogatepass")


PLAIN: tuple[Way, ...] = (flip, cut, lose, repeat, insert, recode, lines, other, value, value)


# --- JSON -----------------------------------------------------------------------------------------------------------


def tree(chance: random.Random, data: bytes) -> bytes:
    """Values of a JSON document of another kind, missing, twice, or deeper."""
    rows = data.splitlines() if data.count(b"\n{") else [data]
    place = chance.randrange(len(rows) or 1)
    try:
        whole = json.loads(rows[place])
    except (ValueError, IndexError):
        return insert(chance, data)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        whole = _changed(chance, whole)
    text = json.dumps(whole, ensure_ascii=chance.random() < 0.5, indent=chance.choice((None, 1)))
    if len(rows) > 1:
        text = text.replace("\n", " ")
    rows[place] = text.encode("utf-8", "surrogatepass")
    return b"\n".join(rows)


def _changed(chance: random.Random, whole):
    spots = []

    def walk(holder):
        for key, one in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
            spots.append((holder, key))
            if isinstance(one, (dict, list)):
                walk(one)

    if isinstance(whole, (dict, list)):
        walk(whole)
    if not spots:
        return chance.choice(ODD_VALUES)
    # Near the root as often as in the leaves.
    holder, key = spots[int(len(spots) * chance.random() ** chance.choice((1, 1, 4)))]
    how = chance.randrange(8)
    if how == 0:
        del holder[key]
    elif how == 1 and isinstance(holder, dict):
        holder[str(key) + chance.choice(("x", "", " ", "\x00"))] = holder.pop(key)
    elif how == 2 and isinstance(holder, list):
        holder.append(holder[key])
    elif how == 3:
        holder[key] = [holder[key]]
    elif how == 4:
        holder[key] = {"value": holder[key]}
    elif how == 5:
        one, two = chance.choice(spots)
        if (isinstance(one, dict) and two in one) or (isinstance(one, list) and two < len(one)):
            holder[key] = json.loads(json.dumps(one[two]))
    else:
        holder[key] = chance.choice(ODD_VALUES)
    return whole


# --- zips -----------------------------------------------------------------------------------------------------------


def member(ways: tuple[Way, ...]) -> Way:
    """Change one member of a zip by one of these ways, and pack it again."""

    def change(chance: random.Random, data: bytes) -> bytes:
        made = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", chance.choice((0, 8, 8, 12, 14))) as new:  # fmt: skip
            names = old.namelist()
            hit, how = chance.choice(names), chance.randrange(10)
            for name in names:
                content = old.read(name)
                if name == hit and how == 0:
                    continue
                if name == hit and how == 1:
                    name = chance.choice(("../" + name, "/" + name, "C:/x", "x" * 300, "", "a/" * 200, name.upper(), "\x01", "a\\b"))  # fmt: skip
                elif name == hit:
                    content = chance.choice(ways)(chance, content)
                new.writestr(name, content)
        return made.getvalue()

    return change


def header(chance: random.Random, data: bytes) -> bytes:
    """A zip whose lists of members say something else than the members."""
    made = bytearray(data)
    marks = [m.start() for m in re.finditer(rb"PK\x01\x02|PK\x03\x04|PK\x05\x06", data)]
    for _ in range(chance.choice((1, 1, 3))):
        if marks:
            place = chance.choice(marks) + chance.randrange(4, 46)
            if place < len(made):
                made[place] = chance.choice((0, 1, 8, 9, 12, 14, 93, 95, 99, 127, 255, chance.randrange(256)))
    return bytes(made)


ZIPPED: tuple[Way, ...] = (flip, cut, lose, repeat, header, header, header, member(PLAIN), member(PLAIN))
WORKBOOK: tuple[Way, ...] = (
    flip,
    cut,
    lose,
    header,
    other,
    *[member((flip, cut, insert, repeat, value, value, value))] * 6,
)


# --- tables and databases -------------------------------------------------------------------------------------------


def cells(chance: random.Random, data: bytes) -> bytes:
    """Cells of a table with other values, rows with more or fewer of them, headings changed."""
    text = data.decode("utf-8", "replace")
    rows = [row.split(",") for row in text.split("\n")]
    for _ in range(chance.choice((1, 1, 2, 5))):
        row = chance.choice(rows[: chance.choice((1, len(rows)))] or [[""]])
        place, how = chance.randrange(len(row)), chance.randrange(6)
        if how == 0:
            del row[place]
        elif how == 1:
            row.insert(place, row[place])
        else:
            odd = chance.choice(ODD_VALUES)
            row[place] = odd if isinstance(odd, str) else json.dumps(odd)
    return "\n".join(",".join(row) for row in rows).encode("utf-8", "surrogatepass")


def database(chance: random.Random, data: bytes) -> bytes:
    """Values, rows and tables of a SQLite file, its triggers taken away."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path = Path(folder, "data.db")
        path.write_bytes(data)
        base = sqlite3.connect(path, isolation_level=None)
        try:
            for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                base.execute(f'DROP TRIGGER "{name}"')
            for _ in range(chance.choice((1, 1, 2, 4))):
                names = [row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]  # fmt: skip
                if not names:
                    break
                table = chance.choice(names)
                columns = [row[1] for row in base.execute(f'PRAGMA table_info("{table}")')]
                ids = [row[0] for row in base.execute(f'SELECT rowid FROM "{table}"')]
                how = chance.randrange(12)
                try:
                    if how == 0:
                        base.execute(f'DROP TABLE "{table}"')
                    elif how == 1 and ids:
                        base.execute(f'DELETE FROM "{table}" WHERE rowid = ?', [chance.choice(ids)])
                    elif how == 2:
                        base.execute(f'ALTER TABLE "{table}" RENAME COLUMN "{chance.choice(columns)}" TO other')  # fmt: skip
                    elif ids:
                        column, row = chance.choice(columns), chance.choice(ids)
                        (old,) = base.execute(f'SELECT "{column}" FROM "{table}" WHERE rowid = ?', [row]).fetchone()  # fmt: skip
                        if isinstance(old, str) and old.startswith(("{", "[")) and chance.random() < 0.7:
                            new = tree(chance, old.encode()).decode("utf-8", "replace")
                        else:
                            new = chance.choice((None, -1, 0, 10**15, 1.5, "", "x", "{", "null", "[]", "{}", b"\xff\x00", "9999-12-31T00:00:00", "é" * 2000))  # fmt: skip
                        base.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', [new, row])
                except sqlite3.Error:
                    pass  # a way that this table does not allow
        finally:
            base.close()
        return path.read_bytes()


TREE: tuple[Way, ...] = (*PLAIN, *[tree] * 10)
TABLE: tuple[Way, ...] = (*PLAIN, *[cells] * 10)
DATABASE: tuple[Way, ...] = (flip, cut, lose, repeat, other, *[database] * 8)


def zipped(data: bytes, name: str) -> bytes:
    """A zip with one member."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return made.getvalue()
