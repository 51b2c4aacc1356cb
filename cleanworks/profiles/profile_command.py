"""`cleanworks profile list|check|new`: the countries, and how to make one more."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cleanworks import profiles
from cleanworks.asking import asker, new_file, write_new
from cleanworks.errors import InputError

# What a new country is asked for, in this order; the rest is taken over and can be changed in the file. A question per key.
QUESTIONS: dict[str, str] = {
    "names.country": "Name of the country, as it stands in a sentence",
    "names.city": "Name of the city whose works are simulated",
    "names.districts": "Its districts, at least four, separated by commas",
    "names.public_authorities": "Offices that order works, at least two, separated by commas; general words shame nobody",
    "names.integrity_body": "The body against corruption",
    "names.project_system": "The system in which works are managed",
    "names.disclosure_site": "The public page about works",
    "names.payment_system": "The system through which works are paid",
    "names.worker_system": "The system that records days of work",
    "currency.code": "Three letters of the currency, such as EUR",
    "currency.name": "Name of the currency",
    "currency.symbol": "Its sign",
    "procurement.minimum_tender_days": "Days a tender must stay open, by law",
    "payment.prime_to_sub_days": "Days in which a contractor must pay its subcontractors after being paid",
    "payment.client_days": "Days in which the client must pay the contractor",
    "payment.late_interest_rate": "Yearly interest on late payments, 0.08 for 8 %",
}
_LISTS = {"names.districts": 4, "names.public_authorities": 2}
_SHARES = {"payment.late_interest_rate"}
# An office or a city does not change these: another country or currency begins its own profile.
_THE_COUNTRY_S = {"names.country", "currency.code", "currency.name", "currency.symbol"}


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="Country profiles: names, currency, rules.", no_args_is_help=True)
    group.command("list")(show)
    group.command("check")(check)
    group.command("new")(new)
    app.add_typer(group, name="profile")


def show() -> None:
    """List the profiles, and how many values have a source."""
    print(f"{'code':14}{'country':20}{'facts':>6} {'currency':10}{'sourced':>8}{'illustrative':>14}")
    for code in profiles.available():
        one = profiles.load(code)
        found = len(one.facts) + len(one.charts)
        print(
            f"{code:14}{one['names.country']:20}{found:6} {one['currency.code']:10}{len(one.cited()):8}{len(one.illustrative()):14}"
        )


def check(
    file: Annotated[Path, typer.Argument(help="A profile: a .toml file, or the code of one that ships.")],
) -> None:
    """Check that a profile is readable and complete.

    Every value has to say where it comes from.

    \b
    Exit codes: 0 fine, 2 something is wrong.
    """
    one = profiles.load(str(file))
    profiles.require_known(one)
    for key in QUESTIONS:
        try:
            understood(key, _as_text(one[key]))
        except InputError as error:
            raise InputError(error.what, where=f"{file}, {key}", fix=error.fix) from None
    free = len(one.illustrative())
    print(f"Fine: {len(one)} values, {len(one) - free} with a source, {free} illustrative.")


def new(
    code: Annotated[str, typer.Argument(help="Short name of the country: small letters, such as kenya.")],
    folder: Annotated[Path, typer.Option("--out", "--folder", help="The folder for the file.")] = Path("."),
    extends: Annotated[
        str | None,
        typer.Option(
            "--extends",
            help="A profile of your country to begin from: a code, or a .toml file in the folder.",
        ),
    ] = None,
) -> None:
    """Make a profile of your country by answering questions.

    Press Enter to keep what stands in brackets. With the code of a profile that ships (`profile new uganda`), or with --extends (`profile new kampala --extends
    uganda`), the file holds only your answers: the rest, with its sources, stays the country's. Every answer is
    illustrative until you add its source to the file. Nothing is written before the last answer.

    \b
    Exit codes: 0 written, 2 something is wrong, 130 interrupted.
    """
    target = new_file(code, folder, "profile")
    if extends is None and code in profiles.available():
        extends = code
    base = _base(extends, folder) if extends else None
    ask = asker(f"Give {len(QUESTIONS) + 1} lines; an empty line keeps the example.")
    if base:
        print(
            f"{base['names.country']}: {len(base.cited())} values have a source. Press Enter to keep what stands in brackets."
        )
        print("Ctrl-C stops, and nothing is written.\n")
        text = ask_changes(str(extends), base, ask)
    else:
        print("Press Enter to keep the example in brackets. Ctrl-C stops, and nothing is written.\n")
        text = ask_all(code, ask)
    write_new(target, text)
    profiles.load(str(target))
    print(
        f"\nWritten: {target}\nCheck it:  cleanworks profile check {target}\nUse it:    cleanworks book --profile {target}"
    )


def ask_all(code: str, ask: Callable[[str], str]) -> str:
    """Ask every question until its answer can be used; returns the text of the profile."""
    base = profiles.load("exampleland")
    answers: dict[str, Any] = {}
    for number, (key, question) in enumerate(QUESTIONS.items(), 1):
        answers[key] = _ask(
            f"{number}/{len(QUESTIONS) + 1} {question} [{_as_text(base[key])}]: ", key, base[key], ask
        )
    scale = _ask(
        f"{len(QUESTIONS) + 1}/{len(QUESTIONS) + 1} How many of your currency buy about as much as one euro? It sets the size of the simulated amounts [1]: ",
        "money_scale", 1.0, ask,
    )  # fmt: skip
    lines = [
        f"# {answers['names.country']}. Every value is illustrative until it says `source = \"key in book/references.bib\"` instead.",
        'extends = "exampleland"', f"money_scale = {scale:g}",
    ]  # fmt: skip
    return _file(lines, answers)


def _file(lines: list[str], answers: Mapping[str, Any]) -> str:
    """The text of a profile: its first lines, and each answer under the heading of its section."""
    section = ""
    for key, value in answers.items():
        heading, _, name = key.partition(".")
        if heading != section:
            lines += ["", f"[{heading}]"]
            section = heading
        lines.append(f"{name} = {{value = {_toml(value)}, illustrative = true}}")
    return "\n".join(lines) + "\n"


def _base(extends: str, folder: Path) -> profiles.Profile:
    """The profile that a new file extends, as the file will find it."""
    return profiles.load(str(folder / extends) if extends.endswith(".toml") else extends)


def ask_changes(extends: str, base: profiles.Profile, ask: Callable[[str], str]) -> str:
    """Ask what differs from a profile of the same country; returns the text of a file that holds only that."""
    questions = {key: question for key, question in QUESTIONS.items() if key not in _THE_COUNTRY_S}
    lines = [
        f"# A profile of {base['names.country']}. What is not said here is taken, with its sources, from the profile that it extends.",
        '# Every value below is illustrative until it says `source = "key in book/references.bib"` instead.',
        f"extends = {_toml(extends)}",
    ]
    changed: dict[str, Any] = {}
    for number, (key, question) in enumerate(questions.items(), 1):
        source = base.cite(key)
        standing = f"{_as_text(base[key])}, from {source}" if source else _as_text(base[key])
        answer = _ask(f"{number}/{len(questions)} {question} [{standing}]: ", key, base[key], ask)
        if answer != base[key]:
            changed[key] = answer
    return _file(lines, changed)


def _ask(prompt: str, key: str, example: Any, ask: Callable[[str], str]) -> Any:
    while True:
        answer = ask(prompt).strip()
        if not answer:
            return example
        try:
            return understood(key, answer)
        except InputError as error:
            print(f"  {error.what} {error.fix or ''}")


def understood(key: str, answer: str) -> Any:
    """An answer as a value of this key.

    Raises
    ------
    InputError
        It cannot be one; the message says what is expected.
    """
    if key in _LISTS:
        parts = [part.strip() for part in answer.split(",") if part.strip()]
        if len(parts) < _LISTS[key] or len(set(parts)) < len(parts):
            raise InputError(
                f"These are {len(set(parts))} different names.",
                fix=f"Give at least {_LISTS[key]}, each once, with commas between.",
            )
        return parts
    if key.startswith("names.") or key in ("currency.name", "currency.symbol"):
        if len(answer) > 60 or not answer.isprintable():
            raise InputError(
                "The name is too long, or not on one line.", fix="Use one line of at most 60 letters."
            )
        return answer
    if key == "currency.code":
        if not re.fullmatch(r"[A-Za-z]{3}", answer):
            raise InputError(f"{answer!r} is not a currency code.", fix="Use three letters, such as EUR.")
        return answer.upper()
    try:
        number = float(answer.replace("\u00a0", "").replace(" ", ""))
    except ValueError:
        raise InputError(
            f"{answer!r} is not a number.", fix="Use figures and a point, such as 21 or 0.08."
        ) from None
    if key in _SHARES:
        if not 0 <= number <= 1:
            raise InputError(f"{number:g} is not a share.", fix="Write 8 % as 0.08.")
        return number
    if key == "money_scale":
        if not 0 < number < 1e7:
            raise InputError(f"{number:g} cannot be used.", fix="Give a number above 0, such as 40.")
        return number
    if not (number == int(number) and 1 <= number <= 730):
        raise InputError(f"{answer} is not a number of days.", fix="Use a whole number from 1 to 730.")
    return int(number)


def _as_text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)
