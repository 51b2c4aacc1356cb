"""Reading what participants hand in. Every file is data from a stranger: size, shape and values are checked, nothing runs."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NoReturn

from cleanworks import archives
from cleanworks.errors import InputError
from cleanworks.learning import tidy_code

if TYPE_CHECKING:
    from cleanworks.workshop.forms.items import Form
    from cleanworks.workshop.forms.key import Key, KeyStatement

FORMAT = "cleanworks-answers-1"
SURVEYS = ("evaluation", "follow-up", "action-plan")
"""Pages of statements, which are the same for everybody; the others are tests in two forms."""
KINDS = ("before", "after", *SURVEYS)
LARGEST = 1_000_000
MOST_FILES = 100_000
MOST_BYTES = 500_000_000


@dataclass(frozen=True)
class Answers:
    """One saved page: who (a code), which page and form, and the answers by id."""

    name: str
    code: str
    kind: str
    form: str
    answers: dict[str, Any]

    @property
    def same(self) -> tuple[Any, ...]:
        """Two files with this in common say the same."""
        return self.kind, self.code, self.form, json.dumps(self.answers, sort_keys=True)


@dataclass
class Found:
    """Files of a folder by name, and what was left out, with the reason in words."""

    left_out: list[tuple[str, str]] = field(default_factory=list)

    def leave(self, name: str, why: str) -> None:
        self.left_out.append((name, why))


def files(folder: Path, found: Found, suffixes: tuple[str, ...] = (".json",)) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every file with one of these endings in a folder, also in zips, in order of name.

    A link out of the folder, a path in a zip that leaves it, a file that is too large or encrypted: left out and told.

    Raises
    ------
    InputError
        The folder is not there, or holds more files than any workshop.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(
            "There is no such folder.", where=str(folder), fix="Name the folder with the answer files."
        )
    volume = 0
    for count, (name, content) in enumerate(_walk(folder, found, suffixes), 1):
        volume += len(content)
        if count > MOST_FILES or volume > MOST_BYTES:
            raise InputError(
                "There is more in this folder than the files of a workshop.",
                where=str(folder),
                fix=f"Keep at most {MOST_FILES:,} files and {MOST_BYTES // 1_000_000} MB in it.",
            )
        yield name, content


def _walk(folder: Path, found: Found, suffixes: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found.leave(name, "is a link to another place; only files of the folder itself are read")
            continue
        if not path.is_file() or any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        if path.suffix.lower() == ".zip":
            yield from _zipped(path, name, found, suffixes)
        elif path.suffix.lower() in suffixes:
            try:
                if path.stat().st_size > LARGEST:
                    found.leave(name, "is too large to be such a file")
                    continue
                yield name, path.read_bytes()
            except OSError as error:
                found.leave(name, f"cannot be read: {error.strerror}")


def _zipped(path: Path, name: str, found: Found, suffixes: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """The members of a zip, read in memory: nothing is unpacked to the disk."""
    try:
        with archives.opened(path, name) as archive:
            members = sorted(archive.infolist(), key=lambda member: member.filename)
            if len(members) > MOST_FILES:
                found.leave(name, "holds more files than any workshop")
                return
            for member in members:
                inside = f"{name} > {member.filename}"
                if member.is_dir() or member.filename.startswith("__MACOSX/"):
                    continue
                if archives.leads_out(member.filename):
                    found.leave(inside, "has a path that leads out of the zip; it was not opened")
                elif PurePosixPath(member.filename).suffix.lower() not in suffixes:
                    continue
                elif member.flag_bits & 1:
                    found.leave(inside, "is encrypted")
                elif member.file_size > LARGEST:
                    found.leave(inside, "is too large to be such a file")
                else:
                    try:
                        with archive.open(member) as file:
                            content = file.read(LARGEST + 1)
                    except archives.UNREADABLE:
                        found.leave(inside, "is damaged inside the zip")
                        continue
                    if len(content) > LARGEST:
                        found.leave(inside, "is too large to be such a file")
                    else:
                        yield inside, content
    except InputError as error:
        found.leave(
            name, f"is not a zip that can be opened: {error.what[:1].lower()}{error.what[1:].rstrip('.')}"
        )


def loads(content: bytes) -> Any:
    """JSON of a stranger: raises ValueError for whatever is none."""
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def checksum(content: dict[str, Any]) -> str:
    """The check that the page wrote: CRC-32 over everything else. It finds accidents, and careless changes."""
    head = [content[key] for key in ("format", "workshop", "test", "kind", "form", "code", "answers")]
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":"))
    return f"{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}"


def answers(name: str, content: Any, key: Key) -> Answers:
    """One answer file, checked against the key.

    Raises
    ------
    ValueError
        With the reason why the file is left out, as the end of a sentence that begins with its name.
    """
    wanted = {"format", "workshop", "test", "kind", "form", "code", "answers", "check"}
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError("is not an answer file of this toolkit")
    if set(content) != wanted or not all(isinstance(content[k], str) for k in wanted - {"answers"}):
        raise ValueError("does not have the entries of an answer file")
    if content["check"] != checksum(content):
        raise ValueError("was changed or cut off after it was saved")
    if content["workshop"] != key.workshop:
        raise ValueError(f"belongs to another workshop ({content['workshop'][:60]!r})")
    if content["kind"] not in KINDS:
        raise ValueError(f"is of an unknown kind ({content['kind'][:20]!r})")
    if content["test"] != key.test:
        raise ValueError("answers another version of the test")
    code = content["code"]
    if len(code) < 4 or tidy_code(code) != code:
        raise ValueError("has no proper code")
    listed = content["answers"]
    if not isinstance(listed, list) or not all(
        isinstance(e, list) and len(e) == 2 and isinstance(e[0], str) for e in listed
    ):
        raise ValueError("does not have the entries of an answer file")
    given = dict(listed)
    if len(given) != len(listed):
        raise ValueError("answers a question twice")
    check_answers(content["kind"], content["form"], code, given, key)
    return Answers(name, code, content["kind"], content["form"], given)


def check_answers(kind: str, form: str, code: str, given: dict[str, Any], key: Key) -> None:
    """See that answers fit the page that they are said to be of; raises ValueError as above."""
    from cleanworks.workshop.forms.items import form_for

    if kind in SURVEYS:
        _check_statements(given, key.asked(kind))
        if kind == "action-plan" and "change" not in given:
            raise ValueError("is an action plan that does not say what will change")
    else:
        wanted = form_for(code, kind)
        if form != wanted:
            raise ValueError("does not have the form that belongs to its code")
        _check_items(given, key, wanted)


def _check_items(given: dict[str, Any], key: Key, form: Form) -> None:
    for id, value in given.items():
        if id not in key.forms[form]:
            raise ValueError(f"answers a question that its form does not have ({id[:40]!r})")
        options = range(key.items[id].options)
        if (
            not isinstance(value, list)
            or not value
            or not all(type(v) is int and v in options for v in value)
        ):
            raise ValueError(f"gives an option that {id} does not have")


def _check_statements(given: dict[str, Any], statements: Mapping[str, KeyStatement]) -> None:
    for id, value in given.items():
        statement = statements.get(id)
        if statement is None:
            raise ValueError(f"judges something that the form does not ask ({id[:40]!r})")
        if statement.kind == "words":
            if not isinstance(value, str) or len(value) > 2000:
                raise ValueError("has words that are too long or none")
        elif (
            not isinstance(value, list)
            or len(value) != 1
            or type(value[0]) is not int
            or not 1 <= value[0] <= 5
        ):
            raise ValueError(f"gives a mark that is not from 1 to 5 ({id[:40]!r})")
