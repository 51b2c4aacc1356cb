"""Validate OCDS 1.1.5 and OC4IDS 0.9.5 files, element by element, in constant memory, without the network.

With a folder of the official schemas each element is checked by jsonschema-rs against the schema (for OCDS with the extensions
found in the folder merged in), and its codes against the codelists. Without one, the product checks what it knows itself
(`cleanworks.standards.checks`). References inside an element are checked in both cases.

The schemas are not part of this product: they are published by the Open Contracting Partnership under the Apache licence.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cleanworks.errors import InputError
from cleanworks.standards import checks
from cleanworks.standards.stream import Source, open_source

KEEP = 50  # problems kept word for word; all are counted


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: in which element (number, line, id), where in it, and what."""

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

    ``counts`` holds every (severity, place without numbers, message without values) and how often it occurred; ``problems`` the
    first ones word for word.
    """

    path: Path
    what: str
    schema: str
    elements: int = 0
    invalid: int = 0
    problems: list[Problem] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)

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
        self.counts[(problem.severity, place, _kind(problem.message))] += 1
        if sum(one.severity == problem.severity for one in self.problems) < KEEP:
            self.problems.append(problem)


def validate(path, schema_folder=None) -> Report:
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
    """
    source = open_source(path)
    schema = _Schema.load(schema_folder, source.list_name) if schema_folder else None
    report = Report(source.path, source.what, schema.name if schema else "without a schema: the product's own checks")
    seen: set[int] = set()
    for element in source.elements:
        report.elements += 1
        number, line = element.number, element.line
        name = str(element.value.get("ocid" if source.list_name != "projects" else "id", ""))
        before = report.errors
        for severity, place, message in _findings(element.value, source.list_name, schema):
            report.add(Problem(severity, number, line, name, place, message))
        if source.list_name != "releases" and name and hash(name) in seen:
            report.add(Problem("error", number, line, name, "", "an element before it has the same id"))
        # One number for each element is all that is kept: its id would be several times larger.
        seen.add(hash(name))
        report.invalid += report.errors > before
    for problem in _package_problems(source, schema, report):
        report.add(problem)
    return report


def _findings(value, list_name, schema) -> Iterator[tuple[str, str, str]]:
    if list_name == "records":
        yield from _record_findings(value, schema)
        return
    if schema:
        for error in schema.errors(value):
            yield "error", *error
        for note in schema.unknown(value):
            yield "note", *note
    else:
        for finding in checks.structure(value, list_name):
            yield "error", *finding
    for finding in checks.consistency(value, list_name):
        yield "note", *finding


def _record_findings(record, schema):
    if not isinstance(record.get("ocid"), str):
        yield "error", "/ocid", "ocid is missing"
    parts = [(f"/releases/{n}", r) for n, r in enumerate(record.get("releases") or []) if isinstance(r, dict) and "tag" in r]
    linked = [r for r in record.get("releases") or [] if isinstance(r, dict) and "url" in r]
    if isinstance(record.get("compiledRelease"), dict):
        parts.append(("/compiledRelease", record["compiledRelease"]))
    if not parts and not linked:
        yield "error", "", "the record has neither releases nor a compiledRelease"
    for place, release in parts:
        if release.get("ocid") != record.get("ocid"):
            yield "error", place, "its ocid is not that of the record"
        for severity, path, message in _findings(release, "releases", schema):
            yield severity, place + path, message


def _package_problems(source: Source, schema, report):
    def problem(place, message):
        return Problem("error", 0, 0, "", place, message)

    if not source.package:
        return
    if not report.elements:
        yield problem(f"/{source.list_name}", "the list is empty")
    if schema:
        yield from (problem(*error) for error in schema.package_errors(source.header, source.list_name))
        return
    for name in ("uri", "publishedDate", "publisher"):
        if not source.header.get(name):
            yield problem(f"/{name}", f"{name} is missing")


class _Schema:
    """The official schema of one standard, ready to check elements of one kind."""

    def __init__(self, name, schema, package, codelists):
        import jsonschema_rs

        self.name = name
        self._schema, self._codelists = schema, codelists
        # `retriever` answers every outward reference itself: nothing is ever fetched.
        options = {"validate_formats": True, "retriever": _no_network}
        self._validator = jsonschema_rs.Draft4Validator(schema, **options)
        self._package = jsonschema_rs.Draft4Validator(package, **options) if package else None
        self._trees: dict[str, dict] = {}

    @classmethod
    def load(cls, folder, list_name):
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

    def errors(self, value) -> Iterator[tuple[str, str]]:
        for error in self._validator.iter_errors(value):
            yield "/" + "/".join(map(str, error.instance_path)), _sentence(error.message)

    def package_errors(self, header, list_name):
        if self._package is None:
            return
        for error in self._package.iter_errors({**header, list_name: [{}]}):
            yield "/" + "/".join(map(str, error.instance_path)), _sentence(error.message)

    def unknown(self, value):
        """Fields that the schema does not know, and codes that are not in an open list: allowed, and worth knowing."""
        yield from self._compare(value, self._tree(self._schema, "#"), "")

    def _tree(self, schema, name):
        """For each property of an object: (codes allowed or None, the object below or None)."""
        if name not in self._trees:
            self._trees[name] = tree = {}
            for key, member in schema.get("properties", {}).items():
                tree[key] = self._branch(member, f"{name}/{key}")
            self._trees[name] = tree
        return self._trees[name]

    def _branch(self, member, name):
        codes = self._codelists.get(member.get("codelist")) if member.get("openCodelist") else None
        target = member.get("items") if isinstance(member.get("items"), dict) else member
        reference = target.get("$ref", "")
        if reference.startswith("#/definitions/"):
            definition = reference.removeprefix("#/definitions/")
            return codes, (self._schema["definitions"].get(definition, {}), definition)
        return codes, ((target, name) if "properties" in target else None)

    def _compare(self, value, tree, path):
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


def merge_patch(target, patch):
    """JSON merge patch (RFC 7396), by which OCDS extensions change the schema."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def _find(folder, name):
    if not folder.is_dir():
        raise InputError("there is no such folder.", where=str(folder), fix="Give the folder that holds the official schemas.")
    # Extensions carry a file of the same name: they are patches, not schemas.
    found = sorted((f for f in folder.rglob(name) if "extensions" not in f.parts), key=lambda f: (len(f.parts), f))
    if not found:
        kind = "OC4IDS" if name.startswith("project") else "OCDS"
        raise InputError(
            f"there is no {name} in it.", where=str(folder),
            fix=f"Get the schema of {kind} from standard.open-contracting.org and give its folder, or leave the schema out.",
        )
    return found[0]


def _json(file):
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"the schema cannot be read: {error}.", where=str(file), fix="Get it again.") from error


def _without_elements(package, list_name):
    """The schema of a package's head: the elements are checked one by one, and links to other schemas are not followed."""
    package = {**package, "properties": {**package["properties"], list_name: {"type": "array"}}}
    package.pop("definitions", None)
    package.pop("patternProperties", None)
    package.pop("id", None)
    return package


def _codelists(folder, known=None):
    """Codelist file -> codes. A file named ``+x.csv`` adds to ``x.csv``."""
    found = {}
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as text:
            codes = {row.get("Code") or row.get("code") for row in csv.DictReader(text)} - {None}
        name = file.name.lstrip("+")
        found[name] = codes | (known or {}).get(name, set()) if file.name.startswith("+") else codes
    return found


def _no_network(uri):
    raise ValueError(f"the schema refers to {uri}, and nothing is fetched here")


def _sentence(message):
    missing = re.fullmatch(r'"([^"]*)" is a required property', message)
    if missing:
        return f"{missing.group(1)} is missing"
    if message.endswith(" has non-unique elements"):
        return "two elements of the list are equal"
    return message if len(message) <= 300 else message[:297] + "..."


def _kind(message):
    """The message without the values in it, so that equal problems are counted together."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|\{.*\}|\[.*\]|\b\d[\d.-]+", "...", message)
