"""Pack chapters as EPUB 3: one XHTML file a chapter, the pictures, a navigation file. The standard library zips.

Formulas become MathML where the page brings it along; otherwise they stay as TeX, which can be read aloud and searched.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
import uuid
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from markupsafe import Markup

from cleanworks import words
from cleanworks.html_templates import filled
from cleanworks.workshop.printed.chapters import Part, unlink_what_is_elsewhere
from cleanworks.workshop.printed.pdf import Cover, answers, entries, spoken
from cleanworks.written import whole

STYLE = Path(__file__).with_name("epub.css")
# A zip holds dates; one that never changes lets the same book give the same file.
_DATE = (2026, 1, 1, 0, 0, 0)


def write(parts: list[Part], cover: Cover, target: Path) -> None:
    """Write the EPUB file; an older one is replaced only by a whole one."""
    unlink_what_is_elsewhere(
        [one for part in parts for chapter in part.chapters for one in (chapter.body, *chapter.answers)]
    )
    files = _chapter_files(parts, cover)
    names = _file_of_each_id(files)
    pictures: dict[str, bytes] = {}
    pages = {
        name: _xhtml(title, body, name, names, pictures, cover.language)
        for name, (title, body) in files.items()
    }
    extra: dict[str, bytes] = {"style.css": STYLE.read_bytes()}
    if cover.logo:
        extra[f"images/cover{cover.logo.suffix}"] = cover.logo.read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        _put(book, "mimetype", b"application/epub+zip", zipfile.ZIP_STORED)
        _put(book, "META-INF/container.xml", _CONTAINER)
        for name, content in {**extra, **pictures}.items():
            _put(book, f"OEBPS/{name}", content)
        for name, text in pages.items():
            _put(book, f"OEBPS/{name}", text.encode())
        _put(book, "OEBPS/nav.xhtml", _navigation(parts, names, cover).encode())
        _put(book, "OEBPS/package.opf", _package(cover, pages, {**extra, **pictures}).encode())


def _put(book: zipfile.ZipFile, name: str, content: bytes, how: int = zipfile.ZIP_DEFLATED) -> None:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = how
    book.writestr(entry, content)


def _chapter_files(parts: list[Part], cover: Cover) -> dict[str, tuple[str, str]]:
    """Title and body of each file, in reading order."""
    logo = Markup('<p><img src="images/cover{}" alt=""></p>').format(cover.logo.suffix) if cover.logo else ""
    first = Markup('<section class="cover">{}<h1>{}</h1><p>{}</p><p>{}</p>{}</section>').format(
        logo, cover.title, cover.subtitle, cover.author, Markup(cover.notice)
    )
    files = {"cover.xhtml": (cover.title, str(first))}
    for part in parts:
        if part.title:
            heading = Markup('<section class="part"><h1 id="part-{}">{}</h1></section>')
            files[f"part-{part.number}.xhtml"] = (part.title, heading.format(part.number, part.title))
        for chapter in part.chapters:
            files[f"{chapter.id}.xhtml"] = (chapter.title, str(chapter.body))
        answered = answers(part)
        if answered:
            files[f"answers-{part.number}.xhtml"] = (f"Answers: {part.title}", answered)
    return files


def _file_of_each_id(files: dict[str, tuple[str, str]]) -> dict[str, str]:
    return {found: name for name, (_, body) in files.items() for found in re.findall(r'\bid="([^"]+)"', body)}


def _xhtml(
    title: str, body: str, name: str, names: dict[str, str], pictures: dict[str, bytes], language: str
) -> str:
    soup = BeautifulSoup(body, "html.parser")
    for graph in soup.select(".cw-graph"):
        # Readers of EPUB show links inside a drawing in many ways or not at all.
        note = soup.new_tag("p")
        note.string = "The drawing is in the pages of the book; the list says the same."
        graph.replace_with(note)
    _lift_headings(soup)
    for formula in soup.select(".math"):
        _set(formula)
    for link in soup.find_all("a", href=re.compile("^#")):
        href = str(link["href"])
        file = names[href[1:]]
        link["href"] = href if file == name else file + href
    for image in soup.find_all("img", src=True):
        image["src"] = _picture(str(image["src"]), pictures)
    for tag in soup.find_all(True):
        _only_what_xhtml_knows(tag)
    content = soup.decode(formatter="minimal")
    return filled(__package__, "chapter.xhtml", title=title, content=Markup(content), **spoken(language))


def _set(formula: Tag) -> None:
    """Put MathML, which reading devices show by themselves, in place of a formula that a page sets with a program."""
    from latex2mathml.converter import convert

    written = formula.get_text().strip()
    block = written.startswith(("\\[", "$$"))
    tex = re.sub(r"^(\\[(\[]|\$\$)|(\\[)\]]|\$\$)$", "", written).strip()
    made = BeautifulSoup(convert(tex, display="block" if block else "inline"), "html.parser")
    for mathml in made.find_all("math", limit=1):
        mathml["alttext"] = tex
    formula.clear()
    formula.append(made)


def _lift_headings(soup: BeautifulSoup) -> None:
    """A file of its own begins with a heading of the first level."""
    if soup.find("h1"):
        return
    for level in range(2, 7):
        for heading in soup.find_all(f"h{level}"):
            heading.name = f"h{level - 1}"


def _picture(source: str, pictures: dict[str, bytes]) -> str:
    if not source.startswith("file:"):
        return source
    path = Path(unquote(urlsplit(source).path))
    content = path.read_bytes()
    name = f"images/{hashlib.sha256(content).hexdigest()[:16]}{path.suffix.lower()}"
    pictures[name] = content
    return name


def _only_what_xhtml_knows(tag: Tag) -> None:
    for attribute in ("border", "align", "valign", "width", "height", "loading"):
        if tag.name != "img" or attribute in ("align", "loading"):
            tag.attrs.pop(attribute, None)
    if tag.name == "col":
        tag.attrs.pop("style", None)
    if tag.get("id"):
        tag["id"] = re.sub(r"[^\w.-]", "-", str(tag["id"]))
    if tag.get("role") in ("doc-noteref", "paragraph", "note"):
        del tag["role"]


def _navigation(parts: list[Part], names: dict[str, str], cover: Cover) -> str:
    """The contents: parts, and under each its chapters."""
    lines: list[tuple[str, str, list[tuple[str, str]] | None]] = []
    for kind, target, title in entries(parts):
        part = lines[-1][2] if lines else None
        if kind == "in-part" or part is None:
            lines.append((names[target], title, [] if kind == "in-part" else None))
        else:
            part.append((names[target], title))
    contents = words.say("Contents", cover.language)
    return filled(__package__, "nav.xhtml", lines=lines, contents=contents, **spoken(cover.language))


def _package(cover: Cover, pages: dict[str, str], extra: dict[str, bytes]) -> str:
    everything = hashlib.sha256("".join(pages.values()).encode()).hexdigest()
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{cover.title} {cover.subtitle} {everything}")
    kinds = [
        (file, "image/svg+xml" if file.endswith(".svg") else mimetypes.guess_type(file)[0]) for file in extra
    ]
    return filled(
        __package__,
        "package.opf",
        name=name,
        cover=cover,
        pages=pages,
        extra=kinds,
        **spoken(cover.language),
    )


_CONTAINER = b"""<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OEBPS/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>
"""
