"""Reading OCDS and OC4IDS files one element after the other, in constant memory.

A file is a package (one JSON object with a list ``projects``, ``releases`` or ``records``) or JSON lines (one project, release or
record after the other), plain or gzipped. Whatever its size, only one element is in memory at a time.
"""

from __future__ import annotations

import codecs
import contextlib
import functools
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from json.scanner import make_scanner
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO, NoReturn, cast

from cleanworks.errors import InputError

CHUNK = 1 << 20  # bytes
LONGEST = 1 << 26  # characters of one element; the longest ones that are published have some millions
# What data unpack to at most, and from which size on it matters: gzip can make a thousand bytes of one, data about thirty.
MANY_TIMES, ENOUGH = 300, 1 << 28
_SPACE = re.compile(r"[ \t\r\n]*")
# What may stand between an element and the next one, up to the name of the next one's first member.
_BETWEEN = re.compile(r'[ \t\r\n]*,?[ \t\r\n]*\{(?:[ \t\r\n]*"[^"\\]*")?')
# The escape of one half of a character beyond the first 65,536, such as a smiley.
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_MISSES = (
    8  # elements in a row whose end was not where it was looked for, after which it is looked for no more
)
# What may stand at a cut where the parser complains: nothing, or the beginning of a number, a literal or an escape.
_PREFIX = re.compile(r"\s*|-?[\d.eE+-]*|t(r(ue?)?)?|f(a(l(se?)?)?)?|n(u(ll?)?)?|\\?u?[0-9a-fA-F]{0,4}")
LISTS = {
    "projects": "OC4IDS project package",
    "releases": "OCDS release package",
    "records": "OCDS record package",
}
VERSIONS = {"projects": "0.9", "releases": "1.1", "records": "1.1"}
# Older versions that are read as they are: what they call otherwise, the readers know.
OLDER = {"projects": (), "releases": ("1.0",), "records": ("1.0",)}


@dataclass(frozen=True)
class Element:
    """One project, release or record: its number in the file (from 1), the line it begins on, and its JSON object."""

    number: int
    line: int
    value: dict[str, Any]


@dataclass
class Source:
    """A file being read.

    ``list_name`` is ``projects``, ``releases`` or ``records``; ``package`` says whether the file is a package; ``header`` holds the
    package's other members, complete once all elements have been read.
    """

    path: Path
    list_name: str
    package: bool
    header: dict[str, Any] = field(default_factory=dict)
    elements: Iterator[Element] = field(default_factory=lambda: iter(()))
    bytes_read: int = 0  # of the file on the disk, as far as can be known
    notes: list[str] = field(
        default_factory=list
    )  # what was taken for granted, in sentences; complete at the end

    @property
    def what(self) -> str:
        """The kind of file in words."""
        return (
            LISTS[self.list_name]
            if self.package
            else f"{LISTS[self.list_name].rsplit(' ', 1)[0]}s as JSON lines"
        )


def open_source(path: str | Path) -> Source:
    """Open a file and find out what it is.

    Returns
    -------
    Source
        Iterate over ``source.elements``.

    Raises
    ------
    InputError
        Now or while reading: no such file, not JSON, not UTF-8, neither OCDS nor OC4IDS, another version, or cut off in the
        middle. The message names the file and the line.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(
            "This is a folder.",
            where=str(path),
            fix="Give one OCDS or OC4IDS file of it; `cleanworks data import` reads all of a folder.",
        )
    if not path.is_file():
        raise InputError("There is no such file.", where=str(path), fix="Check the name and the folder.")
    return _opened(_Text(path))


def _opened(text: _Text) -> Source:
    if text.peek() != "{":
        _refuse_start(text)
    source = Source(text.path, "", False)
    first = _package_head(text, source)
    if first is not None:
        source.list_name = _kind_of(first.value, text.path)
        source.elements = _lines(text, first, source)
    else:
        source.elements = _package(text, source)
    return source


@dataclass(frozen=True)
class Part:
    """A stretch of a large file that can be read by itself, as `open_part` does: what its elements stand in, and from where to where."""

    path: Path
    head: bytes  # of the package, up to the bracket of its list; nothing for JSON lines
    begin: int
    end: int
    tail: bytes  # what closes the package in the middle of the file
    list_name: str
    members: frozenset[str] | None  # of the head; None for the last part, which holds the others

    @property
    def last(self) -> bool:
        """Whether the file ends with it."""
        return self.members is None


def divided(path: Path, size: int) -> list[Part]:
    """Parts of about so many bytes that several processes can read; none where a file is compressed, small, or shows no place to cut it.

    Cuts are looked for where an element seems to end and the next one to begin. Whether they are right shows when the parts are read: the
    first one begins at the first element, so each that holds whole elements alone ends where the next one begins.
    """
    whole = path.stat().st_size
    with path.open("rb") as file:
        if whole < 2 * size or file.read(2) == b"\x1f\x8b":
            return []
        try:
            text = _Text(path)
            source = _opened(text)
            head = text.before() if source.package else b""
            # The first element that is not read member by member shows what stands between two.
            for _ in range(1 if source.package else 2):
                next(source.elements, None)
            between = text.between()
        except InputError:
            return []  # whoever reads it says what is wrong
        if head is None or "{" not in between:
            return []
        first = len(head) + text.mark
        cuts = [first]
        for target in range(first + size, whole - size // 2, size):
            if target > cuts[-1]:
                file.seek(target)
                window = file.read(size)
                place = window.find(between.encode())
                if place >= 0:
                    cuts.append(target + place + 1)
    skipped = between.index("{") - 1
    known = frozenset(source.header)
    tail = b"]}" if source.package else b""
    begins = [cuts[0], *(cut + skipped for cut in cuts[1:])]
    parts = [
        Part(path, head, begin, end, tail, source.list_name, known)
        for begin, end in zip(begins, cuts[1:], strict=False)
    ]
    return [*parts, Part(path, head, begins[-1], whole, b"", source.list_name, None)]


def open_part(part: Part) -> Source:
    """Open a part as if it were a file.

    Raises
    ------
    InputError
        Now or while reading: as `open_source`, or the file was not to be cut there. Lines are counted from the part's own beginning, so the
        whole file must be read to name one.
    """
    source = _opened(_Text(part.path, cast("BinaryIO", _Stretch(part))))
    source.elements = _only_elements(source.elements, source, part)
    return source


def _only_elements(elements: Iterator[Element], source: Source, part: Part) -> Iterator[Element]:
    yield from elements
    same = (source.list_name, source.package) == (part.list_name, bool(part.head))
    if not same or not (part.last or part.members == frozenset(source.header)):
        raise InputError("The file cannot be cut.", where=str(part.path), fix="Read it whole.")


class _Stretch:
    """The bytes of a part, with the head of the package before and the end of it behind."""

    def __init__(self, part: Part) -> None:
        self._head, self._tail, self._left = part.head, part.tail, part.end - part.begin
        self._file = part.path.open("rb")
        self._file.seek(part.begin)

    def read(self, size: int) -> bytes:
        if self._head:
            data, self._head = self._head, b""
        elif self._left:
            data = self._file.read(min(size, self._left))
            self._left = self._left - len(data) if data else 0
        else:
            data, self._tail = self._tail, b""
        return data

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()


def _package_head(text: _Text, source: Source) -> Element | None:
    """Read members until the list begins. Without a list, the object itself is the first element, which is returned."""
    line = text.line
    text.take("{")
    whole = source.header
    while _another(text, "}", first=not whole):
        name = _member_name(text)
        if name in LISTS and "ocid" not in whole and text.peek() != "[":
            _refuse_list(text, name)
        if name in LISTS and "ocid" not in whole:
            source.list_name, source.package = name, True
            _check_version(source)
            return None
        if name in whole:
            raise text.error(
                f"The key {name!r} appears twice in one object",
                "Keep one of them: nobody can tell which is meant.",
            )
        whole[name] = text.value()
    text.take("}")
    source.header = {}
    return Element(1, line, whole)


def _refuse_list(text: _Text, name: str) -> None:
    line = text.line
    value = text.value()
    if isinstance(value, list):
        return
    raise InputError(
        f"{name} is {_article(value)}, not a list.",
        where=f"{text.path}, line {line}",
        fix=f'A package holds its {name} in square brackets: "{name}": [...].',
    )


def _package(text: _Text, source: Source) -> Iterator[Element]:
    text.take("[")
    number = 0
    while _another(text, "]", first=not number):
        number += 1
        text.peek()  # the line is that of its first character
        line = text.line
        text.unit = f"{source.list_name[:-1]} {number}"
        value = text.element()
        source.bytes_read = text.consumed()
        if not isinstance(value, dict):
            raise InputError(
                f"{text.unit} is {_article(value)}, not an object.",
                where=f"{source.path}, line {line}",
                fix="Every element of the list must be a JSON object in braces.",
            )
        yield Element(number, line, value)
    text.take("]")
    text.unit = "the end of the package"
    while _another(text, "}"):
        name = _member_name(text)
        if name in source.header or name == source.list_name:
            raise text.error(
                f"The key {name!r} appears twice in one object",
                "Keep one of them: nobody can tell which is meant.",
            )
        source.header[name] = text.value()
        if name in LISTS and source.header[name]:
            raise text.error(
                f"The package holds two lists, {source.list_name} and {name}", "Make two files of it."
            )
    text.take("}")
    if text.peek():
        text.unit = ""
        raise text.error("Something follows after the end of the package", "Keep one package in a file.")
    _check_version(source, at_the_end=True)


def _lines(text: _Text, first: Element, source: Source) -> Iterator[Element]:
    source.bytes_read = text.consumed()
    yield first
    number = 1
    while text.peek():
        number += 1
        text.unit = f"element {number}"
        line = text.line
        value = text.element()
        source.bytes_read = text.consumed()
        if not isinstance(value, dict):
            raise InputError(
                f"{text.unit} is {_article(value)}, not an object.",
                where=f"{text.path}, line {line}",
                fix="Write one JSON object on each line.",
            )
        if _list_of(value) not in (None, source.list_name):
            raise InputError(
                f"{text.unit} is one of {_list_of(value)}, and those before it are {source.list_name}.",
                where=f"{text.path}, line {line}",
                fix="Make a file of each kind.",
            )
        yield Element(number, line, value)


def _another(text: _Text, closing: str, first: bool = False) -> bool:
    """Whether the object or list goes on; steps over the comma before its next member."""
    if text.peek() == closing:
        return False
    if not first:
        text.take(",")
    return True


def _member_name(text: _Text) -> str:
    name = text.value()
    if not isinstance(name, str):
        raise text.error("A member's name in quotes is missing", "Check the commas and quotes before it.")
    text.take(":")
    return name


def _list_of(value: dict[str, Any]) -> str | None:
    """The list to which an object belongs; None if it does not show that."""
    if "compiledRelease" in value or ("ocid" in value and isinstance(value.get("releases"), list)):
        return "records"
    if "ocid" in value:
        return "releases"
    if str(value.get("id", "")).startswith("oc4ids-") or {"contractingProcesses", "publicAuthority"} & set(
        value
    ):
        return "projects"
    return None


def _kind_of(value: dict[str, Any], path: Path) -> str:
    if found := _list_of(value):
        return found
    raise InputError(
        "This is JSON, but neither OCDS nor OC4IDS.",
        where=str(path),
        fix=f"A package has a list projects, releases or records; this file begins with: {', '.join(list(value)[:6]) or 'nothing'}.",
    )


def _check_version(source: Source, at_the_end: bool = False) -> None:
    wanted = VERSIONS[source.list_name]
    version = source.header.get("version")
    if isinstance(version, str):
        version = version.strip().lstrip("vV") or None
    name = "OC4IDS" if source.list_name == "projects" else "OCDS"
    if version is None and not at_the_end:
        return  # it may come after the list
    if version is None:
        older = ", or as the version 1.0 that knew none" if name == "OCDS" else ""
        source.notes.append(f"The package does not say its version; it is read as {name} {wanted}{older}.")
        return
    said = (
        str(version)
        if isinstance(version, (str, int, float)) and not isinstance(version, bool)
        else json.dumps(version)
    )
    if said == wanted or said.startswith(wanted + "."):
        return
    if any(said == older or said.startswith(older + ".") for older in OLDER[source.list_name]):
        if at_the_end:
            source.notes.append(
                f"The package follows {name} {said}; it is upgraded to {wanted} while it is read."
            )
        return
    raise InputError(
        f"This package follows {name} version {said}; {wanted} is read here.",
        where=str(source.path),
        fix=f"Ask the publisher for {name} {wanted}, or convert the file first.",
    )


def _refuse_start(text: _Text) -> None:
    start = text.peek()
    place = str(text.path)
    if not start:
        raise InputError("The file is empty.", where=place, fix="Export it again.")
    if start == "[" and text.begins_empty_list():
        raise InputError("The file holds an empty list and no data.", where=place, fix="Export it again.")
    if start == "[":
        raise InputError(
            "This is a bare list, not a package.",
            where=place,
            fix='Write one element on each line, or wrap the list: {"version": ..., "releases": [...]}, or "records" or "projects".',
        )
    if start == "<":
        raise InputError(
            "This is a web page or XML, not JSON.", where=place, fix="Download the JSON file itself."
        )
    if start in '"-0123456789tfn':
        raise InputError(
            f"The file holds {_article(text.value())}, not an object.",
            where=place,
            fix="Give an OCDS or OC4IDS JSON file: it begins with {.",
        )
    raise InputError(
        "This is not JSON: it does not begin with {.", where=place, fix="Give an OCDS or OC4IDS JSON file."
    )


def _article(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


class _Text:
    """The decoded text of a file, one window at a time, with the line number."""

    def __init__(self, path: Path, file: BinaryIO | None = None) -> None:
        self.path = path
        self.unit = "the head of the file"
        self.line = 1
        self._file = file or _open(path)
        self._decode = codecs.getincrementaldecoder("utf-8")("strict")
        decoder: Any = (
            json.JSONDecoder(  # typeshed takes something else for what a scanner reads its hooks from
                strict=True, object_pairs_hook=_object, parse_constant=_no_number, parse_float=_finite
            )
        )
        self._scan: Callable[[str, int], tuple[Any, int]] = make_scanner(decoder)
        self._buffer, self._place, self._ended, self._bytes = "", 0, False, 0
        self._consumed = 0
        self._between, self._misses = "", 0 if _msgspec() else _MISSES
        self._more()
        self.mark = 3 if self._buffer.startswith("\ufeff") else 0  # bytes of the mark of the byte order
        self._buffer = self._buffer.removeprefix("\ufeff")

    def before(self) -> bytes | None:
        """All that was read so far, and the bracket of the list that follows; None where it is not in memory any more."""
        if self.peek() != "[" or self._bytes > CHUNK:
            return None
        return self._buffer[: self._place + 1].encode()

    def between(self) -> str:
        """What stands between an element and the next one, up to the name of the next one's first member; empty where that is not known."""
        return self._between

    def peek(self) -> str:
        """The next character that is not white space; empty at the end of the file."""
        while True:
            space = _SPACE.match(self._buffer, self._place)
            end = space.end() if space else self._place
            self.line += self._buffer.count("\n", self._place, end)
            self._place = end
            if self._place < len(self._buffer):
                return self._buffer[self._place]
            if self._ended:
                return ""
            self._more()

    def consumed(self) -> int:
        """Bytes of the file on the disk that have been read."""
        return self._consumed

    def begins_empty_list(self) -> bool:
        """Whether the text goes on with ``[]``."""
        return self._buffer[self._place + 1 :].lstrip()[:1] == "]"

    def take(self, character: str) -> None:
        """Step over one expected character."""
        found = self.peek()
        if not found:
            raise self.cut_off()
        if found != character:
            raise self.error(
                f"Expected {character} and found {found}", "Check the commas, quotes and brackets there."
            )
        self._place += 1

    def element(self) -> dict[str, Any]:
        """Read one of many values that are alike: as `value`, and mostly in a fifth of its time.

        The end of an element is looked for where the next one seems to begin. What is read whole up to there is the element: no object
        in JSON begins another one. What is not, or might not be strict JSON, `value` reads, and says what is wrong.
        """
        if self._misses < _MISSES and self._between and self.peek():
            end, size = self._buffer.find(self._between, self._place), CHUNK
            while end < 0 and not self._ended and len(self._buffer) - self._place < LONGEST // 4:
                self._more(size)
                end, size = self._buffer.find(self._between, self._place), 2 * size
            if end >= 0:
                text = self._buffer[self._place : end + 1]
                value: dict[str, Any] | None = _strictly(text)
                if value is not None:
                    self._misses = 0
                    self.line += text.count("\n")
                    self._place = end + 1
                    return value
            self._misses += 1
        value = self.value()
        between = _BETWEEN.match(self._buffer, self._place)
        if between:
            # On lines of their own, elements begin alike even where the first of their members differs.
            text = "}" + between.group()
            brace = text.index("{")
            self._between = text[: brace + 1] if "\n" in text[:brace] else text
        return value

    def value(self) -> Any:
        """Read one JSON value."""
        if not self.peek():
            raise self.cut_off()
        size = CHUNK
        while True:
            try:
                value, end = self._scan(self._buffer, self._place)
            except StopIteration as stop:
                place, message = stop.value, "a value is missing"
            except json.JSONDecodeError as error:
                place, message = error.pos, error.msg
            except _KeyTwice as error:
                raise self.error(
                    f"The key {error.key!r} appears twice in one object",
                    "Keep one of them: nobody can tell which is meant.",
                ) from None
            except _NoNumber as error:
                raise self.error(
                    f"{error.text} is not a number in JSON", "Leave the value out, or write null."
                ) from None
            except ValueError:  # Python reads whole numbers of up to 4,300 digits
                raise self.error(
                    "a number has thousands of digits", "Leave the value out, or write null."
                ) from None
            except RecursionError:
                raise self.error(
                    "The objects are nested too deeply", "Check the file; no publisher nests like this."
                ) from None
            else:
                # A number that touches the end of the window may go on in the next one.
                if end < len(self._buffer) or self._ended:
                    self._refuse_halves(value, end)
                    self.line += self._buffer.count("\n", self._place, end)
                    self._place = end
                    return value
                place, message = end, ""
            unfinished = self._could_go_on(place, message)
            if self._ended:
                raise self.cut_off() if unfinished else self._syntax(place, message)
            if not unfinished:
                raise self._syntax(place, message)
            if len(self._buffer) - self._place > LONGEST:
                raise self.error(
                    f"{LONGEST:,} characters have no end",
                    "A quote or a bracket is missing in it, or this is no OCDS or OC4IDS file: get it again.",
                )
            self._more(size)
            size *= 2

    def _refuse_halves(self, value: object, end: int) -> None:
        """Half a character can be written in JSON with an escape, and nowhere else: no page, no table and no other program takes it."""
        if _HALF.search(self._buffer, self._place, end):
            try:
                json.dumps(value, ensure_ascii=False).encode()
            except UnicodeEncodeError as error:
                raise self.error(
                    f"A text holds half a character, \\u{ord(error.object[error.start]):04x}",
                    "Write the whole character there, or leave it out; texts that were cut to a length often end so.",
                ) from None

    def _could_go_on(self, place: int, message: str) -> bool:
        """Whether the text is right so far and only its rest is missing."""
        if message.startswith("Unterminated string"):
            return True
        if message.startswith("Invalid control character"):
            return False
        rest = self._buffer[place : place + 12]
        return place + len(rest) >= len(self._buffer) and _PREFIX.fullmatch(rest) is not None

    def error(self, what: str, fix: str) -> InputError:
        unit = f" ({self.unit})" if self.unit else ""
        return InputError(f"{what}{unit}.", where=f"{self.path}, line {self.line}", fix=fix)

    def cut_off(self) -> InputError:
        line = self.line + self._buffer.count("\n", self._place)
        return InputError(
            f"The file stops in the middle of {self.unit}.",
            where=f"{self.path}, line {line}",
            fix="It was cut off while it was written or downloaded; get it again.",
        )

    def _syntax(self, place: int, message: str) -> InputError:
        line = self.line + self._buffer.count("\n", self._place, place)
        if message.startswith("Invalid control character"):
            raw = (
                "a line break"
                if self._buffer[place : place + 1] in "\r\n"
                else f"the raw character {ord(self._buffer[place]):#04x}"
            )
            return InputError(
                f"{raw} stands inside a text of {self.unit}.",
                where=f"{self.path}, line {line}",
                fix=r"In JSON it is written \n, or \u and four digits: export the file again with a JSON library.",
            )
        near = " ".join(self._buffer[max(self._place, place - 20) : place + 20].split())
        return InputError(
            f"This is not valid JSON in {self.unit}: {message[:1].lower() + message[1:]}, near {near!r}.",
            where=f"{self.path}, line {line}",
            fix="Correct that place, or export the file again.",
        )

    def _more(self, size: int = CHUNK) -> None:
        try:
            data = self._file.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(
                f"The compressed file is damaged: {error}.", where=str(self.path), fix="Get it again."
            ) from error
        if self._bytes == 0:
            _refuse_bytes(data, self.path)
        try:
            text = self._decode.decode(data, final=not data)
        except UnicodeDecodeError as error:
            line = self.line + self._buffer.count("\n", self._place) + data[: error.start].count(b"\n")
            raise InputError(
                f"Byte {self._bytes + error.start} is not UTF-8 text{_likely_encoding(data)}.",
                where=f"{self.path}, line {line}",
                fix="Save the file again with the encoding UTF-8 (not Latin-1, EUC-KR or UTF-16).",
            ) from error
        self._bytes += len(data)
        self._consumed = getattr(self._file, "fileobj", self._file).tell()
        if isinstance(self._file, gzip.GzipFile):
            refuse_bomb(str(self.path), self.path.stat().st_size, self._bytes)
        self._ended = not data
        self._buffer = self._buffer[self._place :] + text
        self._place = 0
        if self._ended:
            self._file.close()


def refuse_bomb(name: str, packed: int, unpacked: int) -> None:
    """Refuse what unpacks to so many times its size that it cannot be data; sizes in bytes."""
    if unpacked > max(ENOUGH, MANY_TIMES * packed):
        raise InputError(
            f"The compressed file unpacks to more than {MANY_TIMES} times its size.",
            where=name,
            fix="Real data never do that: do not use the file, or unpack it yourself and look at it first.",
        )


@functools.cache
def _msgspec() -> ModuleType | None:
    """The quicker reader; None where it is not installed, as in the page: then everything is read by the slower one."""
    try:
        import msgspec
    except ImportError:
        return None
    return msgspec


def _strictly(text: str) -> dict[str, Any] | None:
    """The value of a text of strict JSON; None if it is none, or holds a key twice, or cannot be told quickly."""
    if "\\u003" in text:
        return None  # an escaped colon could hide a key
    msgspec = _msgspec()
    assert msgspec is not None  # without it `_misses` says that this is never tried
    try:
        value = msgspec.json.decode(text)
        # A key that came twice is lost with its colon. Colons inside texts are the same in both.
        same = msgspec.json.encode(value).count(b":") == text.count(":")
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return None
    return value if same else None


def kept(value: dict[str, Any]) -> bytes:
    """An object on one line, for `again`: quickly, where that can be."""
    if msgspec := _msgspec():
        with contextlib.suppress(ValueError, RecursionError, msgspec.MsgspecError):
            quick: bytes = msgspec.json.encode(value)
            return quick
    return json.dumps(value).encode()  # what is nested more deeply than msgspec goes


def again(line: bytes) -> dict[str, Any]:
    """The object that `kept` wrote."""
    if msgspec := _msgspec():
        with contextlib.suppress(ValueError, RecursionError, msgspec.MsgspecError):
            quick: dict[str, Any] = msgspec.json.decode(line)
            return quick
    value: dict[str, Any] = json.loads(line)
    return value


class _KeyTwice(ValueError):
    def __init__(self, key: str) -> None:
        self.key = key


class _NoNumber(ValueError):
    def __init__(self, text: str) -> None:
        self.text = text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise _KeyTwice(next(name for name in names if names.count(name) > 1))
    return made


def _no_number(text: str) -> NoReturn:
    raise _NoNumber(text)


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise _NoNumber(text)
    return value


def _open(path: Path) -> BinaryIO:
    file = path.open("rb")
    if file.read(2) == b"\x1f\x8b":
        file.close()
        return cast("BinaryIO", gzip.open(path, "rb"))
    file.seek(0)
    return file


def _likely_encoding(data: bytes) -> str:
    """The name of an older encoding in which the bytes read as Korean or as Latin letters; a guess for the message alone."""
    try:
        text = data.decode("cp949")
    except UnicodeDecodeError:
        return "; it may be Latin-1 (Windows-1252)"
    return (
        "; it reads as CP949 (EUC-KR, Korean)"
        if any("\uac00" <= letter <= "\ud7a3" for letter in text)
        else ""
    )


def _refuse_bytes(data: bytes, path: str | Path) -> None:
    if data[:2] == b"PK":
        raise InputError(
            "This is a zip file or a spreadsheet.", where=str(path), fix="Unpack it, or export JSON."
        )
    if data[:2] == b"\x1f\x8b":  # what is packed once was unpacked
        raise InputError("The file is packed twice.", where=str(path), fix="Unpack it once.")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:64]:
        raise InputError(
            "The file is UTF-16 or binary, not UTF-8 text.",
            where=str(path),
            fix="Save it again as UTF-8 JSON.",
        )
