"""Pages to print: one HTML file that stands alone, or a PDF made from it by a browser that is installed.

Every office computer has a browser that prints: Edge on Windows, Chrome or Chromium elsewhere. It is started without a
window, so this works inside a notebook too, and needs no library.
"""

from __future__ import annotations

import html as _html
import io
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleanworks import scratch, words
from cleanworks.errors import InputError
from cleanworks.written import whole

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

escape = _html.escape

_ON_PATH = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
    "chrome",
)
_ON_WINDOWS = (
    r"Microsoft\Edge\Application\msedge.exe",
    r"Google\Chrome\Application\chrome.exe",
    r"Chromium\Application\chrome.exe",
)
_ON_MACOS = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "Chromium.app/Contents/MacOS/Chromium",
)
_SECONDS = 120

# Ink on white paper, readable in greyscale; the same file is pleasant on a screen.
_STYLE = """
@page { size: A4 %(turn)s; margin: 16mm 16mm 18mm; }
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: %(width)s; padding: 1.5rem 1rem; background: #fff; color: #1f2937;
  font: 10.5pt/1.45 "DejaVu Sans", "Noto Sans", "Segoe UI", Arial, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.75em; line-height: 1.2; margin: 0 0 .4em; color: #0f5a70; }
h2 { font-size: 1.25em; line-height: 1.25; margin: 1.2em 0 .4em; color: #0f5a70; }
h3 { font-size: 1.05em; margin: 1em 0 .3em; }
h1, h2, h3 { break-after: avoid; }
p, ul, ol { margin: .4em 0; }
p, li { orphans: 3; widows: 3; }
a { color: #0f5a70; }
table { border-collapse: collapse; width: 100%%; margin: .6em 0; font-size: .92em; }
caption { text-align: start; font-weight: 600; padding: 0 0 .3em; }
th, td { border-bottom: 1px solid #d1d5db; padding: .3em .5em; text-align: start; vertical-align: top; }
thead th { border-bottom: 2px solid #6b7280; }
td.number, th.number { text-align: end; font-variant-numeric: tabular-nums; }
thead { display: table-header-group; }
tr, figure { break-inside: avoid; }
figure { margin: .6em 0; }
figure img, figure svg { max-width: 100%%; height: auto; }
[dir="rtl"] pre, [dir="rtl"] code { direction: ltr; unicode-bidi: isolate; }
[dir="rtl"] td.number { direction: ltr; text-align: left; }
figcaption, .note { color: #4b5563; font-size: .9em; }
@media print { body { max-width: none; padding: 0; } .screen-only { display: none; } }
"""


_NO_PROSE = re.compile(r"(<(?:script|style|pre|code)\b.*?</(?:script|style|pre|code)>|<[^>]*>)", re.S)


# A sign such as &amp; ends with a semicolon that is none; it is found first, and stays.
_SPACED = re.compile(r"&#?\w+;|(?<=\S) ([:;?!»])(?=\s|$)|(?<=[\w)»%])([:;])(?=\s|$)")


def _with_space(found: re.Match[str]) -> str:
    sign = found[1] or found[2]
    return f"\u00a0{sign}" if sign else found[0]


def typeset(html: str, language: str) -> str:
    """HTML with the spaces of a language's typesetting: French has one that never breaks before : ; ? ! and inside « ».

    Code, scripts and attributes stay as they are.
    """
    if language.partition("_")[0] != "fr":
        return html
    parts = _NO_PROSE.split(html)
    parts[::2] = [_SPACED.sub(_with_space, text).replace("« ", "«\u00a0") for text in parts[::2]]
    return "".join(parts)


@dataclass(frozen=True)
class Page:
    """Something to print.

    ``title`` is plain text; ``body`` is HTML whose data were escaped by whoever made it. ``language`` and ``direction``
    (``"ltr"`` or ``"rtl"``; the language's if not given) are those of the text; ``style`` is CSS added after the house's own.
    """

    title: str
    body: str
    language: str = "en"
    direction: str = ""
    style: str = ""
    landscape: bool = False

    @property
    def html(self) -> str:
        """The whole document, which asks for nothing outside itself."""
        house = _STYLE % {
            "turn": "landscape" if self.landscape else "portrait",
            "width": "265mm" if self.landscape else "190mm",
        }
        return typeset(
            f'<!DOCTYPE html>\n<html lang="{escape(self.language)}" dir="{escape(self.direction or words.direction(self.language))}">\n<head>\n'
            '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(self.title)}</title>\n<style>{house}{self.style}</style>\n</head>\n"
            f"<body>\n<main>\n{self.body}\n</main>\n</body>\n</html>\n",
            self.language,
        )

    def _repr_html_(self) -> str:
        """In a notebook the page stands in a frame of its own, so that its style touches nothing else.

        A button in the frame prints the page or makes a PDF of it. Code in a page of the book has no other way to a reader's disk.
        """
        button = (
            '<p class="screen-only"><button type="button" style="min-height:44px;padding:0 1em;font:inherit" '
            f'onclick="window.print()">{escape(words.say("Print or save as PDF", self.language))}</button></p>'
        )
        document = self.html.replace("<main>", f"<main>{button}", 1)
        return (
            f'<iframe title="{escape(self.title)}" srcdoc="{escape(document)}" '
            'style="width:100%;height:32rem;border:1px solid #9ca3af;background:#fff"></iframe>'
        )

    def __repr__(self) -> str:
        return f"Page: {self.title}"

    def save(self, path: str | Path) -> Path:
        """Write the page: HTML or PDF, as the ending of ``path`` says. An older file is replaced only by a whole one.

        Raises
        ------
        InputError
            If the ending is another one, the folder is missing, or no browser is there to make the PDF.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".pdf"):
            raise InputError(
                "A page is saved as .html or .pdf.", where=str(path), fix="Change the ending of the name."
            )
        if not path.parent.is_dir():
            raise InputError("This folder does not exist.", where=str(path.parent), fix="Make it first.")
        content = self.html.encode() if path.suffix.lower() == ".html" else pdf(self.html)
        _put(path, content)
        return path


def browser() -> str | None:
    """The program that prints: the one ``CLEANWORKS_CHROMIUM`` names, else the first installed of the usual ones."""
    named = os.environ.get("CLEANWORKS_CHROMIUM")
    if named:
        return named
    for name in _ON_PATH:
        if found := shutil.which(name):
            return found
    if sys.platform == "win32":
        homes = [os.environ.get(key) for key in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
        places = [Path(home) / name for home in homes if home for name in _ON_WINDOWS]
    else:
        places = [
            home / name
            for home in (Path("/Applications"), Path.home() / "Applications")
            for name in _ON_MACOS
        ]
    return next((str(place) for place in places if place.is_file()), None)


def pdf(html: str) -> bytes:
    """Print one HTML document: tagged, with an outline from its headings, and the same bytes each time.

    Raises
    ------
    InputError
        If no browser is installed, or the one there does not print.
    """
    program = browser()
    remedy = "Save the page as .html, open it in any browser, and print it to PDF from there."
    if program is None:
        raise InputError("No browser that makes PDF files was found (Edge, Chrome or Chromium).", fix=remedy)
    with scratch.folder() as folder:
        source, target = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_text(html, encoding="utf-8")
        command = [
            program,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--disable-extensions",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            f"--user-data-dir={Path(folder, 'profile')}",
            "--no-pdf-header-footer",
            "--generate-pdf-document-outline",
            f"--print-to-pdf={target}",
            source.as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium refuses its sandbox to root
        said = _call(command, folder)
        if not target.is_file() or not target.stat().st_size:
            raise InputError(
                f"The browser did not print the page ({said.strip().splitlines()[-1] if said.strip() else 'no message'}).",
                where=program,
                fix=remedy,
            )
        return steady(target.read_bytes())


def _call(command: list[str], folder: Path) -> str:
    """Run the browser, and leave none of its processes behind when it takes too long or cannot start, nor its files outside a folder."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(folder)},
            start_new_session=os.name == "posix",
        )
    except OSError as error:
        return str(error)
    try:
        return process.communicate(timeout=_SECONDS)[1].decode(errors="replace")
    except BaseException as error:
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            return f"it took more than {_SECONDS} seconds"
        raise


def steady(content: bytes) -> bytes:
    """A browser's PDF without what differs from one printing of the same page to the next. Lengths stay, so offsets hold.

    That is the moment, and the numbers by which the browser knew the parts of the page: now and then one more is counted before them.

    >>> steady(b"/ID (node00000013) /Headers [(node00000013) (node00000017)]")
    b'/ID (node00000001) /Headers [(node00000001) (node00000002)]'
    """
    content = re.sub(rb"/(CreationDate|ModDate) \(D:\d{14}", rb"/\1 (D:20260101000000", content)
    parts = sorted(set(re.findall(rb"\(node(\d{8})\)", content)))
    places = {part: b"(node%08d)" % (place + 1) for place, part in enumerate(parts)}
    return re.sub(rb"\(node(\d{8})\)", lambda found: places[found[1]], content)


def _put(path: Path, content: bytes) -> None:
    with whole(path) as file:
        file.write(content)


def figure(fig: Figure, *, alt: str, caption: str = "") -> str:
    """A matplotlib figure as HTML, its picture inside the text. The figure is closed.

    ``alt`` says in words what the picture shows; ``caption`` is plain text under it.
    """
    import base64

    import matplotlib.pyplot as plt

    if not alt.strip():
        raise InputError(
            "A figure needs words for those who cannot see it.", fix="Say in `alt` what it shows."
        )
    file = io.BytesIO()
    # Without the version of the library, so that the same figure gives the same bytes.
    fig.savefig(file, format="png", dpi=200, metadata={"Software": None})
    plt.close(fig)
    data = base64.b64encode(file.getvalue()).decode()
    under = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure><img alt="{escape(alt)}" src="data:image/png;base64,{data}">{under}</figure>'


def table(
    frame: pd.DataFrame,
    *,
    caption: str,
    formats: Mapping[str, str | Callable[[Any], str]] | None = None,
    missing: str = "-",
) -> str:
    """A pandas table as HTML: its columns as header cells, numbers to the right, text escaped.

    ``formats`` gives for a column a format string such as ``"{:,.0f}"`` or a function to text. The index is not shown.
    """
    import pandas as pd

    formats = dict(formats or {})
    unknown = [column for column in formats if column not in frame.columns]
    if unknown:
        raise InputError(
            f"The table has no column {unknown[0]!r} to format.",
            where=caption,
            fix=f"The columns are {', '.join(map(str, frame.columns))}.",
        )
    numeric = [pd.api.types.is_numeric_dtype(frame[column]) for column in frame.columns]

    def cell(column: str, value: Any) -> str:
        if pd.isna(value):
            return missing
        how = formats.get(column, "{}")
        return escape(str(how(value) if callable(how) else how.format(value)))

    kinds = [' class="number"' if number else "" for number in numeric]
    head = "".join(
        f'<th scope="col"{kind}>{escape(str(column))}</th>'
        for column, kind in zip(frame.columns, kinds, strict=True)
    )
    rows = "\n".join(
        "<tr>"
        + "".join(
            f"<td{kind}>{cell(column, value)}</td>"
            for column, value, kind in zip(frame.columns, row, kinds, strict=True)
        )
        + "</tr>"
        for row in frame.itertuples(index=False, name=None)
    )
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
