"""`cleanworks pdf` and `cleanworks epub`: the book to print and the book for a reading device."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanworks.workshop import book

if TYPE_CHECKING:
    from cleanworks.workshop.book import Edition
    from cleanworks.workshop.catalogue import Course
    from cleanworks.workshop.printed.chapters import Part
    from cleanworks.workshop.printed.pdf import Cover

Profile = Annotated[str | None, typer.Option("--profile", help="The country profile to build with.")]
Audience = Annotated[
    book.Audience, typer.Option("--audience", help="reader, learner or instructor, as for `cleanworks book`.")
]
Language = Annotated[
    str | None,
    typer.Option("--language", help="The language of the edition: ko, fr ... English if not given."),
]
Root = Annotated[Path, typer.Option("--root", help="Folder of the course.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for the files. _build/pdf if not given.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(pdf)
    app.command()(epub)


def pdf(
    profile: Profile = None,
    language: Language = None,
    audience: Audience = "reader",
    out: Out = None,
    whole: Annotated[bool, typer.Option("--whole", help="Only the whole book, not its parts.")] = False,
    root: Root = Path("."),
) -> None:
    """Print the book and each of its parts to PDF.

    The paths of the files are printed. The book is built first if it is not up to date. Printing needs an installed Chromium, Chrome or Edge, and nothing
    from the network. Exit codes are those of `cleanworks book`.
    """
    course, made = _built(root, audience, profile, language)
    for path in print_all(course, made, out or _folder(made), whole=whole):
        print(path)


def epub(
    profile: Profile = None,
    language: Language = None,
    audience: Audience = "reader",
    out: Out = None,
    root: Root = Path("."),
) -> None:
    """Pack the book as EPUB for reading devices.

    The path of the file is printed. The book is built first if it is not up to date.
    """
    from cleanworks.workshop.printed import epub as packer
    from cleanworks.workshop.printed.chapters import parts

    course, made = _built(root, audience, profile, language)
    cover = cover_of(course, made)
    target = (out or _folder(made)) / f"{_slug(cover.title)}{made.name}.epub"
    packer.write(parts(course, made.html), cover, target)
    print(target)


def print_all(course: Course, made: Edition, out: Path, *, whole: bool = False) -> list[Path]:
    """Print the built book of an edition, and each part of it that has chapters, into a folder."""
    from cleanworks.workshop.printed import pdf as press
    from cleanworks.workshop.printed.chapters import parts, unlink_what_is_elsewhere

    cover = cover_of(course, made)
    mathjax = made.html / "_static" / "mathjax" / "tex-chtml.js"
    read = parts(course, made.html)
    sources = _sources(read)
    jobs: list[tuple[str, list[Part], Cover]] = []
    if not whole:
        for part in read:
            if part.title and sources is not None and not _is_reference(part, sources):
                title = f"{part.number} {part.title}"
                jobs.append((_slug(title), press.alone(part, sources), _named(cover, part.title)))
    unlink_what_is_elsewhere([one for part in read for c in part.chapters for one in (c.body, *c.answers)])
    jobs.insert(0, ("", read, cover))
    paths = []
    with press.printer() as browser:
        for name, shown, front in jobs:
            target = out / f"{_slug(cover.title)}{made.name}{'-' + name if name else ''}.pdf"
            count = press.write(browser, shown, front, target, mathjax=mathjax)
            print(f"{target.name}: {count} pages", file=sys.stderr, flush=True)
            paths.append(target)
    return paths


def cover_of(course: Course, made: Edition) -> Cover:
    """The cover, from `_config.yml` and the first heading's paragraph of the course."""
    from cleanworks.workshop import languages
    from cleanworks.workshop.files import read_yaml
    from cleanworks.workshop.pages import spoken
    from cleanworks.workshop.printed.pdf import Cover

    settings = read_yaml(course.root / "_config.yml", "The settings of the book")
    logo = course.root / settings["logo"] if settings.get("logo") else None
    notice = (settings.get("html") or {}).get("extra_footer") or ""
    if draft := spoken.draft_notice(made.language or languages.SOURCE, course.settings.reviewed):
        notice = f"<p>{draft}</p>{notice}"
    kinds = {
        "reader": "",
        "learner": "Learner's edition, without solutions",
        "instructor": "Instructor's edition",
    }
    subtitle = (
        (settings.get("description") or "The book") if made.audience == "reader" else kinds[made.audience]
    )
    if made.profile:
        subtitle += f" ({made.profile})"
    return Cover(
        settings.get("title", course.root.name),
        subtitle,
        settings.get("author", ""),
        notice,
        logo if logo and logo.is_file() else None,
        made.language or languages.SOURCE,
    )


def _named(cover: Cover, subtitle: str) -> Cover:
    import dataclasses

    return dataclasses.replace(cover, subtitle=subtitle)


def _sources(read: list[Part]) -> Part | None:
    """The page with the list of sources, as a part of its own."""
    from cleanworks.workshop.printed.chapters import Part

    for part in read:
        for chapter in part.chapters:
            if chapter.body.select_one("div.citation"):
                return Part("", [chapter], part.number)
    return None


def _is_reference(part: Part, sources: Part) -> bool:
    return any(chapter is sources.chapters[0] for chapter in part.chapters)


def _built(
    root: Path, audience: book.Audience, profile: str | None, language: str | None
) -> tuple[Course, Edition]:
    from cleanworks.workshop.catalogue import Course

    course = Course.load(root.resolve())
    made = book.chosen(course, audience, profile, language)
    book.bring_up_to_date(course, made)
    return course, made


def _folder(made: Edition) -> Path:
    return made.html.parent / "pdf"


def _slug(title: str) -> str:
    import re

    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
