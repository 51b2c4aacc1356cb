"""`cleanworks links`: the addresses outside the book that its pages point to, and whether they still answer.

The list comes from the built pages, because that is what a reader can click: it has the links of the bibliography and of
generated pages as well. Asking them needs a network and is therefore never part of a build or of a test run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Annotated
from urllib.parse import urldefrag, urlsplit

import typer

from cleanworks.errors import InputError
from cleanworks.written import csv_text, whole

_HREF = re.compile(r"""<a\b[^>]*?\bhref\s*=\s*["'](https?://[^"']+)["']""", re.IGNORECASE)
# Answers of a site that is there and does not serve programs.
_REFUSALS = {401, 403, 405, 406, 418, 429, 451, 503, 999}
_BROWSER = "Mozilla/5.0 (compatible; link check of a course book)"


@dataclass(frozen=True)
class Link:
    """An address and the pages, as paths from the book's folder, that point to it."""

    address: str
    pages: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What an address said: ``good``, ``moved`` (a permanent redirect), ``refused`` or ``broken``, with words for a person."""

    link: Link
    state: str
    says: str


def host_of(address: str) -> str:
    """The host that an address names; a part of it where it is written wrongly, as by `[`."""
    try:
        return urlsplit(address).netloc
    except ValueError:
        return address.partition("//")[2].partition("/")[0]


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(links)


def links(
    check: Annotated[bool, typer.Option("--check", help="Ask every address. Needs a network.")] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, help="Seconds to wait for one address.")
    ] = 20.0,
    book: Annotated[Path, typer.Option("--book", help="Folder of a built book.")] = Path("_build/html"),
    save: Annotated[
        Path | None,
        typer.Option("--out", "--save", help="Also write the list as CSV: address, state, answer, pages."),
    ] = None,
) -> None:
    """List the addresses outside the book; --check asks.

    Exit codes: 0 listed, or all of them answer; 1 at least one is broken; 2 there is no book. A site that refuses
    programs is named and is not a fault, for a reader's browser may well be let in.
    """
    found = listed(book)
    if not check:
        _list(found)
        if save:
            _save(save, [Answer(link, "", "") for link in found])
        return
    answers = ask(found, timeout)
    if save:
        _save(save, answers)
    for state, title in (
        ("broken", "Broken"),
        ("moved", "Moved for good; write the new address"),
        ("refused", "Refuses programs; look at these in a browser"),
    ):
        chosen = [answer for answer in answers if answer.state == state]
        if chosen:
            print(f"{title} ({len(chosen)}):")
        for answer in chosen:
            print(f"  {answer.link.address}\n    {answer.says}; on {_pages(answer.link)}")
    counts = Counter(answer.state for answer in answers)
    print(
        f"{len(answers)} addresses: {counts['good']} good, {counts['moved']} moved, {counts['refused']} refused, "
        f"{counts['broken']} broken."
    )
    if counts["broken"]:
        raise typer.Exit(1)


def listed(book: Path) -> list[Link]:
    """Addresses outside a built book, without their fragments, in alphabetical order.

    Raises
    ------
    InputError
        There is no book at this place.
    """
    if not (Path(book) / "index.html").is_file():
        raise InputError("There is no book.", where=str(book), fix="Build it with `cleanworks book`.")
    pages: dict[str, set[str]] = {}
    for path in sorted(Path(book).rglob("*.html")):
        relative = path.relative_to(book)
        if relative.parts[0] in ("_static", "_sources"):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for address in _HREF.findall(text):
            bare = urldefrag(unescape(address).strip()).url
            pages.setdefault(bare, set()).add(relative.as_posix())
    return [Link(address, tuple(sorted(where))) for address, where in sorted(pages.items())]


def ask(
    found: Sequence[Link],
    timeout: float,
    jobs: int = 8,
    get: Callable[[str, float], tuple[str, str]] | None = None,
) -> list[Answer]:
    """Ask every address once, one at a time on each host so that nobody takes us for an attack."""
    get = get or _get
    hosts: dict[str, list[Link]] = {}
    for link in found:
        hosts.setdefault(host_of(link.address), []).append(link)

    def one_host(some: Iterable[Link]) -> list[Answer]:
        return [Answer(link, *get(link.address, timeout)) for link in some]

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        answers = [answer for group in pool.map(one_host, hosts.values()) for answer in group]
    return sorted(answers, key=lambda answer: answer.link.address)


def _get(address: str, timeout: float) -> tuple[str, str]:
    """State and words for one address. Only the head of the answer is read, never a whole document."""
    import requests

    try:
        # Not HEAD: many servers of public bodies answer it with an error, or not at all.
        with requests.get(
            address, timeout=timeout, stream=True, headers={"User-Agent": _BROWSER, "Accept": "*/*"}
        ) as answer:
            status, reason = answer.status_code, answer.reason or ""
            moved = answer.history and all(step.status_code in (301, 308) for step in answer.history)
            last = answer.url
    except requests.exceptions.Timeout:
        return "broken", f"no answer within {timeout:g} s"
    except requests.exceptions.SSLError:
        return "broken", "its certificate is not accepted"
    except requests.exceptions.TooManyRedirects:
        return "broken", "it redirects in a circle"
    except requests.exceptions.ConnectionError:
        return "broken", "no connection: no such host, or nobody listens"
    except (requests.exceptions.RequestException, UnicodeError, ValueError) as error:
        return "broken", f"not an address that can be asked ({type(error).__name__})"
    if status in _REFUSALS:
        return "refused", f"{status} {reason}".strip()
    if status >= 400:
        return "broken", f"{status} {reason}".strip()
    if moved and urldefrag(last).url != address:
        return "moved", f"now {last}"
    return "good", f"{status}"


def _list(found: Sequence[Link]) -> None:
    hosts = Counter(host_of(link.address) for link in found)
    for link in found:
        print(f"{link.address}  ({_pages(link)})")
    print(
        f"{_count(len(found), 'address', 'es')} on {_count(len(hosts), 'host', 's')}. "
        "`cleanworks links --check` asks them all."
    )


def _count(number: int, word: str, ending: str) -> str:
    return f"{number} {word}{'' if number == 1 else ending}"


def _pages(link: Link) -> str:
    more = len(link.pages) - 3
    return ", ".join(link.pages[:3]) + (f" and {more} more" if more > 0 else "")


def _save(path: Path, answers: Sequence[Answer]) -> None:
    rows = [(one.link.address, one.state, one.says, " ".join(one.link.pages)) for one in answers]
    try:
        with whole(path) as file:
            file.write(csv_text([("address", "state", "answer", "pages"), *rows]).encode())
    except OSError as error:
        raise InputError(
            f"The list cannot be written ({error.strerror}).", where=str(path), fix="Name another file."
        ) from None
