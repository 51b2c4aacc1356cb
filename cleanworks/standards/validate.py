"""Validate OCDS 1.1.5 and OC4IDS 0.9.5 files, element by element, in constant memory, without the network.

The product checks what it knows itself (`cleanworks.standards.checks`): the kind of every field, required fields, days, codes, ids,
references. With a folder of the official schemas each element is also checked by jsonschema-rs against the schema (for OCDS with
the extensions found in the folder merged in), and its codes against the codelists; what both find at one place is said once.

The schemas are not part of this product: they are published by the Open Contracting Partnership under the Apache licence.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from cleanworks import moments
from cleanworks.errors import InputError
from cleanworks.standards import checks
from cleanworks.standards.ocds import is_linked
from cleanworks.standards.shape import text
from cleanworks.standards.stream import Source, open_source

KEEP = 50  # problems kept word for word; all are counted


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: in which element (number, line, id), where in it, and what.

    Examples
    --------
    >>> validate.Problem("error", 1, 1, "ocds-1", "tender/id", "A text belongs here.").path
    'tender/id'
    """

    severity: str  # "error" or "note"
    number: int
    line: int
    id: str
    path: str
    message: str

    def __str__(self) -> str:
        place = f"line {self.line}, {self.id or f'element {self.number}'}" if self.number else "the package"
        return f"{place}{', ' + self.path if self.path else ''}: {self.message}"


@dataclass
class Report:
    """What a validation found.

    ``counts`` holds every (severity, place without numbers, message without values) and how often it occurred, ``first`` where it
    did so first; ``problems`` the first ones word for word.

    Examples
    --------
    >>> report = validate.validate(path)
    >>> report.ok, report.errors, report.elements
    (True, 0, 20)
    """

    path: Path
    what: str
    schema: str
    elements: int = 0
    invalid: int = 0
    problems: list[Problem] = field(default_factory=list)
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    first: dict[tuple[str, str, str], Problem] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether there is no error; notes do not count."""
        return not self.errors

    @property
    def errors(self) -> int:
        return sum(count for (severity, *_), count in self.counts.items() if severity == "error")

    @property
    def notes(self) -> int:
        return sum(count for (severity, *_), count in self.counts.items() if severity == "note")

    def add(self, problem: Problem) -> None:
        place = "/".join(part for part in problem.path.split("/") if not part.isdigit())
        kind = (problem.severity, place, _kind(problem.message))
        self.counts[kind] += 1
        self.first.setdefault(kind, problem)
        if sum(one.severity == problem.severity for one in self.problems) < KEEP:
            self.problems.append(problem)


def validate(path: str | Path, schema_folder: str | Path | None = None) -> Report:
    """Check a file of projects, releases or records.

    Parameters
    ----------
    path : path
        A package or JSON lines, plain or gzipped.
    schema_folder : path, optional
        A folder that holds, at any depth, ``project-schema.json`` (OC4IDS) or ``release-schema.json`` (OCDS), with its codelists
        and, for OCDS, ``extensions/*/release-schema.json``.

    Returns
    -------
    Report

    Raises
    ------
    InputError
        The file cannot be read (see `cleanworks.standards.stream.open_source`), or the folder does not hold the schema.

    Examples
    --------
    >>> validate.validate(path).ok
    True
    """
    source = open_source(path)
    schema = _Schema.load(schema_folder, source.list_name) if schema_folder else None
    report = Report(source.path, source.what, schema.name if schema else "the product's own checks")
    file = _WholeFile(source.list_name)
    for element in source.elements:
        report.elements += 1
        number, line = element.number, element.line
        name = text(element.value.get("ocid" if source.list_name != "projects" else "id")) or ""
        before = report.errors
        for severity, place, message in _findings(element.value, source.list_name, schema):
            report.add(Problem(severity, number, line, name, place, message))
        for severity, place, message in file.findings(element.value, name):
            report.add(Problem(severity, number, line, name, place, message))
        report.invalid += report.errors > before
    for problem in (*file.at_the_end(), *_package_problems(source, schema, report)):
        report.add(problem)
    return report


class _WholeFile:
    """What only the file as a whole shows: ids that come twice, dates that are equal, one id for several names."""

    def __init__(self, list_name: str) -> None:
        self.list_name = list_name
        # One number for each element is all that is kept: its id would be several times larger.
        self.seen: set[int] = set()
        self.moments: set[int] = set()
        self.names: dict[str, set[str]] = {}

    def findings(self, value: dict[str, Any], name: str) -> Iterator[tuple[str, str, str]]:
        for number, known_as in checks.organisations(value):
            if checks.PLACEHOLDER.fullmatch(number):
                names = self.names.setdefault(number, set())
                if len(names) < KEEP:
                    names.add(known_as)
        if self.list_name == "releases":
            yield from self._release(value, name)
        elif name and self._again(self.seen, name):
            yield "error", "", "an element before it has the same id"

    def _release(self, release: dict[str, Any], ocid: object) -> Iterator[tuple[str, str, str]]:
        number, moment = text(release.get("id")), moments.instant(release.get("date"))
        if not ocid:
            return
        if number is not None and self._again(self.seen, (ocid, number)):
            yield "error", "/id", f"a release before it, of the same process, has the id {number!r} too"
        if moment is not None and self._again(self.moments, (ocid, moment)):
            yield (
                "note",
                "/date",
                "a release before it, of the same process, has the same date: their order in the file decides",
            )

    def _again(self, seen: set[int], key: object) -> bool:
        there = hash(key) in seen
        seen.add(hash(key))
        return there

    def at_the_end(self) -> Iterator[Problem]:
        for number, names in self.names.items():
            shown = ", ".join(sorted(names)[:3]) + (" and more" if len(names) > 3 else "")
            what = (
                f"the id {number!r} stands for {len(names)} different names ({shown})"
                if len(names) > 1
                else f"the id {number!r} ({shown})"
            )
            yield Problem(
                "note",
                0,
                0,
                "",
                "/parties/id",
                f"{what} says nothing: such organisations are told apart by their names",
            )


def _findings(
    value: dict[str, Any], list_name: str, schema: _Schema | None
) -> Iterator[tuple[str, str, str]]:
    """The union of what the schema and the product's own checks find; what both find at one place is said once."""
    if list_name == "records":
        yield from _record_findings(value, schema)
        return
    said: set[str] = set()
    if schema:
        for place, message in schema.errors(value):
            said.add(place)
            yield "error", place, message
    for place, message in checks.structure(value, list_name):
        # Inside what is of a wrong kind altogether, the schema has nothing more to say, and neither have we.
        if place not in said:
            said.add(place)
            yield "error", place, message
    notes = [*(schema.unknown(value) if schema else ()), *checks.consistency(value, list_name)]
    yield from (("note", place, message) for place, message in notes if place not in said)


def _record_findings(record: dict[str, Any], schema: _Schema | None) -> Iterator[tuple[str, str, str]]:
    ocid = text(record.get("ocid"))
    if ocid is None:
        yield (
            "error",
            "/ocid",
            "ocid is missing" if record.get("ocid") in (None, "") else "ocid is not a text",
        )
    releases, whole, parts = record.get("releases"), record.get("compiledRelease"), []
    if releases is not None and not isinstance(releases, list):
        yield "error", "/releases", f"releases is {checks.kind_of(releases)}, not a list"
        releases = []
    linked = 0
    for position, release in enumerate(releases or []):
        place = f"/releases/{position}"
        if not isinstance(release, dict):
            yield "error", place, f"this release is {checks.kind_of(release)}, not an object"
        elif is_linked(release):
            linked += 1
            if not isinstance(release["url"], str) or not release["url"].strip():
                yield "error", f"{place}/url", "the address of a linked release is missing"
        else:
            parts.append((place, release))
    if "compiledRelease" in record and not isinstance(whole, dict):
        yield "error", "/compiledRelease", f"compiledRelease is {checks.kind_of(whole)}, not an object"
    elif whole is not None:
        parts.append(("/compiledRelease", whole))
    if not parts and not linked and whole is None and isinstance(record.get("releases"), (list, type(None))):
        yield "error", "", "the record has neither releases nor a compiledRelease"
    seen = set()
    for place, release in parts:
        if text(release.get("ocid")) != ocid:
            yield "error", f"{place}/ocid", "its ocid is not that of the record"
        number = text(release.get("id"))
        if number is not None and number in seen and place != "/compiledRelease":
            yield "error", f"{place}/id", f"a release before it in this record has the id {number!r} too"
        seen.add(number)
        for severity, path, message in _findings(release, "releases", schema):
            yield severity, place + path, message


def _package_problems(source: Source, schema: _Schema | None, report: Report) -> Iterator[Problem]:
    def problem(place: str, message: str) -> Problem:
        return Problem("error", 0, 0, "", place, message)

    for sentence in source.notes:
        yield Problem("note", 0, 0, "", "/version", sentence[:1].lower() + sentence[1:].rstrip("."))
    if not source.package:
        return
    if not report.elements:
        yield problem(f"/{source.list_name}", "the list is empty")
    said = set()
    if schema:
        for error in schema.package_errors(source.header, source.list_name):
            said.add(error[0])
            yield problem(*error)
    for name in ("uri", "publishedDate", "publisher"):
        if not source.header.get(name) and f"/{name}" not in said:
            yield problem(f"/{name}", f"{name} is missing")
    published = source.header.get("publishedDate")
    if (
        published
        and "/publishedDate" not in said
        and (not isinstance(published, str) or moments.parse(published) is None)
    ):
        yield problem(
            "/publishedDate", f"{published!r} is not a date and time with its zone (YYYY-MM-DDThh:mm:ssZ)"
        )


class _Schema:
    """The official schema of one standard, ready to check elements of one kind."""

    def __init__(
        self,
        name: str,
        schema: dict[str, Any],
        package: dict[str, Any] | None,
        codelists: dict[str, set[str]],
    ) -> None:
        import jsonschema_rs

        self.name = name
        self._schema, self._codelists = schema, codelists
        # `retriever` answers every outward reference itself: nothing is ever fetched.
        options: dict[str, Any] = {"validate_formats": True, "retriever": _no_network}
        self._validator = jsonschema_rs.Draft4Validator(schema, **options)
        self._package = jsonschema_rs.Draft4Validator(package, **options) if package else None
        self._trees: dict[str, dict[str, Any]] = {}

    @classmethod
    def load(cls, folder: str | Path, list_name: str) -> _Schema:
        folder = Path(folder)
        project = list_name == "projects"
        file = _find(folder, "project-schema.json" if project else "release-schema.json")
        schema = _json(file)
        package_file = file.parent / {
            "projects": "project-package-schema.json", "releases": "release-package-schema.json", "records": "record-package-schema.json",
        }[list_name]  # fmt: skip
        package = _without_elements(_json(package_file), list_name) if package_file.is_file() else None
        codelists = _codelists(file.parent / "codelists")
        names = [file.parent.name]
        for extension in [] if project else sorted(file.parent.glob("extensions/*/release-schema.json")):
            schema = merge_patch(schema, _json(extension))
            codelists |= {**_codelists(extension.parent / "codelists", codelists)}
            names.append(extension.parent.name)
        return cls(" + ".join(names), schema, package, codelists)

    def errors(self, value: object) -> Iterator[tuple[str, str]]:
        wrong_kind: set[str] = set()
        for error in sorted(
            self._validator.iter_errors(value), key=lambda error: " is not of type" not in error.message
        ):
            place, message = "".join(f"/{part}" for part in error.instance_path), _sentence(error.message)
            if " is not of type" in message:
                wrong_kind.add(place)
            elif place in wrong_kind:
                continue  # of a wrong kind, it is in no list of codes either
            yield _place(place, message), message

    def package_errors(self, header: dict[str, Any], list_name: str) -> Iterator[tuple[str, str]]:
        if self._package is None:
            return
        for error in self._package.iter_errors({**header, list_name: [{}]}):
            message = _sentence(error.message)
            yield _place("".join(f"/{part}" for part in error.instance_path), message), message

    def unknown(self, value: object) -> Iterator[tuple[str, str]]:
        """Fields that the schema does not know, and codes that are not in an open list: allowed, and worth knowing."""
        yield from self._compare(value, self._tree(self._schema, "#"), "")

    def _tree(
        self, schema: dict[str, Any], name: str
    ) -> dict[str, tuple[set[str] | None, tuple[dict[str, Any], str] | None]]:
        """For each property of an object: (codes allowed or None, the object below or None)."""
        if name not in self._trees:
            self._trees[name] = tree = {}
            for key, member in schema.get("properties", {}).items():
                tree[key] = self._branch(member, f"{name}/{key}")
            self._trees[name] = tree
        return self._trees[name]

    def _branch(
        self, member: dict[str, Any], name: str
    ) -> tuple[set[str] | None, tuple[dict[str, Any], str] | None]:
        codes = self._codelists.get(member.get("codelist", "")) if member.get("openCodelist") else None
        items = member.get("items")
        target = items if isinstance(items, dict) else member
        reference = target.get("$ref", "")
        if reference.startswith("#/definitions/"):
            definition = reference.removeprefix("#/definitions/")
            return codes, (self._schema["definitions"].get(definition, {}), definition)
        return codes, ((target, name) if "properties" in target else None)

    def _compare(self, value: object, tree: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
        if not isinstance(value, dict):
            return
        for key, member in value.items():
            if key not in tree:
                yield f"{path}/{key}", "an additional field that the standard does not know"
                continue
            codes, below = tree[key]
            if codes is not None:
                for code in member if isinstance(member, list) else [member]:
                    if isinstance(code, str) and code not in codes:
                        yield f"{path}/{key}", f"the code {code!r} is not in the standard's open list"
            if below is not None:
                subtree = self._tree(*below)
                for one in member if isinstance(member, list) else [member]:
                    if isinstance(one, dict):
                        yield from self._compare(one, subtree, f"{path}/{key}")


def merge_patch(target: Any, patch: Any) -> Any:
    """JSON merge patch (RFC 7396), by which OCDS extensions change the schema.

    Examples
    --------
    >>> validate.merge_patch({"title": "old", "size": 3}, {"title": "new", "size": None})
    {'title': 'new'}
    """
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def _find(folder: Path, name: str) -> Path:
    if not folder.is_dir():
        raise InputError(
            "There is no such folder.",
            where=str(folder),
            fix="Give the folder that holds the official schemas.",
        )
    # Extensions carry a file of the same name: they are patches, not schemas.
    found = sorted(
        (f for f in folder.rglob(name) if "extensions" not in f.parts), key=lambda f: (len(f.parts), f)
    )
    if not found:
        kind = "OC4IDS" if name.startswith("project") else "OCDS"
        raise InputError(
            f"The folder holds no {name}.",
            where=str(folder),
            fix=f"Get the schema of {kind} from standard.open-contracting.org and give its folder, or leave the schema out.",
        )
    return found[0]


def _json(file: Path) -> dict[str, Any]:
    try:
        read: dict[str, Any] = json.loads(file.read_text(encoding="utf-8-sig"))
        return read
    except (OSError, ValueError) as error:
        raise InputError(
            f"The schema cannot be read: {error}.", where=str(file), fix="Get it again."
        ) from error


def _without_elements(package: dict[str, Any], list_name: str) -> dict[str, Any]:
    """The schema of a package's head: the elements are checked one by one, and links to other schemas are not followed."""
    package = {**package, "properties": {**package["properties"], list_name: {"type": "array"}}}
    package.pop("definitions", None)
    package.pop("patternProperties", None)
    package.pop("id", None)
    return package


def _codelists(folder: Path, known: dict[str, set[str]] | None = None) -> dict[str, set[str]]:
    """Codelist file -> codes. A file named ``+x.csv`` adds to ``x.csv``."""
    found = {}
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8-sig", newline="") as text:
            codes = {row.get("Code") or row.get("code") or "" for row in csv.DictReader(text)} - {""}
        name = file.name.lstrip("+")
        found[name] = codes | (known or {}).get(name, set()) if file.name.startswith("+") else codes
    return found


def _no_network(uri: str) -> NoReturn:
    raise ValueError(f"the schema refers to {uri}, and nothing is fetched here")


def _place(place: str, message: str) -> str:
    """A missing field is missing at its own place, as the product's own checks have it."""
    return f"{place}/{message.removesuffix(' is missing')}" if message.endswith(" is missing") else place


def _sentence(message: str) -> str:
    missing = re.fullmatch(r'"([^"]*)" is a required property', message)
    if missing:
        return f"{missing.group(1)} is missing"
    if message.endswith(" has non-unique elements"):
        return "two elements of the list are equal"
    return message if len(message) <= 300 else message[:297] + "..."


def _kind(message: str) -> str:
    """The message without the values in it, so that equal problems are counted together."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|\{.*\}|\[.*\]|\b\d[\d.-]+", "...", message)
