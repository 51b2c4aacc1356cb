"""Pack what a page needs into images: one file each, small, the same bytes for the same contents.

An image is four bytes with the length of a JSON index, the index `[[absolute path, offset, size], ...]` and the files' bytes; it
travels deflated, as text in a classic script, because a page on a memory stick may read nothing else.
"""

from __future__ import annotations

import base64
import functools
import glob
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib import metadata
from io import BytesIO
from pathlib import Path

from cleanworks.errors import InputError
from cleanworks.workshop.live.release import Parts, Release
from cleanworks.written import whole

SITE = "/lib/python3.12/site-packages/"
HOME = "/home/pyodide/"
_HERE = Path(__file__).parent
Files = dict[str, bytes]


@dataclass(frozen=True)
class Image:
    """A packed image: the file of its script, and what the manifest says of it."""

    name: str
    path: Path
    sha256: str
    bytes: int
    unpacked: int
    needs: tuple[str, ...] = ()

    @property
    def on_disk(self) -> int:
        """Bytes of the script."""
        return self.path.stat().st_size


# --- the format ---------------------------------------------------------------------------------------------------


def pack(files: Mapping[str, bytes]) -> bytes:
    """An image of files by their absolute paths. Like stands beside like, which deflates better.

    >>> unpack(pack({"/a.txt": b"one"}))
    {'/a.txt': b'one'}
    """
    order = sorted(files, key=lambda name: (name.rpartition(".")[2], name))
    index, at = [], 0
    for name in order:
        index.append([name, at, len(files[name])])
        at += len(files[name])
    head = json.dumps(index, separators=(",", ":")).encode()
    return len(head).to_bytes(4, "little") + head + b"".join(files[name] for name in order)


def unpack(image: bytes) -> Files:
    """The files of an image, by their paths."""
    start = 4 + int.from_bytes(image[:4], "little")
    return {name: image[start + at : start + at + size] for name, at, size in json.loads(image[4:start])}


def deflated(data: bytes) -> bytes:
    """Raw deflate, as `DecompressionStream("deflate-raw")` reads it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def script(name: str, packed: bytes) -> bytes:
    """The classic script that hands an image to the page.

    The text stands in a comment: what a browser reads as a string of the program it keeps a second time.
    """
    return b'CleanWorksLive.put("%s",()=>{/*%s*/})' % (name.encode(), base64.b64encode(packed))


# --- bytecode -----------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1)
def compiler() -> str | None:
    """A CPython on this machine whose bytecode is that of the page's Python; None if there is none."""
    release = Release.load()
    for candidate in _candidates(release.python):
        asked = [
            candidate,
            "-I",
            "-c",
            "import importlib.util as u, sys; print(u.MAGIC_NUMBER.hex(), sys.implementation.name)",
        ]
        try:
            said = subprocess.run(asked, capture_output=True, text=True, timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if said.stdout.split() == [release.magic, "cpython"]:
            return candidate
    return None


def _candidates(version: str) -> Iterable[str]:
    yield sys.executable
    if found := shutil.which(f"python{version}"):
        yield found
    home = Path.home()
    for pattern in (
        home / ".pyenv" / "versions" / f"{version}*" / "bin" / "python3",
        home / ".local" / "share" / "uv" / "python" / f"cpython-{version}*" / "bin" / "python3",
        home
        / "AppData"
        / "Local"
        / "Programs"
        / "Python"
        / f"Python{version.replace('.', '')}"
        / "python.exe",
        Path("/Library/Frameworks/Python.framework/Versions") / version / "bin" / "python3",
        Path("/opt/homebrew/bin") / f"python{version}",
    ):
        yield from sorted(glob.glob(str(pattern)), reverse=True)


def bytecode(sources: Mapping[str, bytes]) -> Files:
    """What .pyc files of these sources hold, by the paths of the sources; nothing where no suitable Python is at hand."""
    python = compiler()
    if python is None or not sources:
        return {}
    # The seed of hashes orders the constants of a set; without it the bytes would differ from run to run.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [python, "-S", "-s", str(_HERE / "bytecode.py")],
        input=pack(sources),
        capture_output=True,
        env=environment,
    )
    if done.returncode:
        raise InputError(
            f"The Python at {python} cannot compile the files of the pages: {done.stderr.decode(errors='replace').strip()[-300:]}.",
            fix="Name another Python 3.12, or none: pages then start later.",
        )
    return unpack(done.stdout)


def sourceless(files: Mapping[str, bytes]) -> Files:
    """The files with compiled modules instead of sources; a module that cannot be compiled keeps its source."""
    made = bytecode({path: data for path, data in files.items() if path.endswith(".py")})
    return {(f"{path}c" if path in made else path): made.get(path, data) for path, data in files.items()}


# --- what is in them ----------------------------------------------------------------------------------------------

# Tests, headers, type stubs, other people's fonts and sample data: nothing that a lesson or a learner's code imports.
_DROPPED = re.compile(
    r"(^|/)(tests?|testing/data|include|sample_data|plot_directive)/"
    r"|\.(pyi|pxd|pyx|h|hpp|c|cpp|f|f90|a|afm|typed|tpl|in|build|txt|orig|tab|zi)$"
    r"|\.dist-info/(?!METADATA)"
    r"|^matplotlib/mpl-data/(images|stylelib/(?!classic)|fonts/(afm|pdfcorefonts)/)|^matplotlib/backends/(qt_editor|web_backend|backend_(gtk|qt|tk|wx|macosx|web|nbagg))"
    r"|^matplotlib/mpl-data/fonts/ttf/(?!DejaVuSans(-Bold|-Oblique|-BoldOblique|Mono|Display)?\.ttf|cm|LICENSE_DEJAVU)"
    r"|^(matplotlib/backends/_backend_agg|mpl_toolkits/axisartist|PIL/_(webp|imagingcms|imagingtk|imagingmath|imagingmorph))"
    r"|^scipy/(misc|datasets|io/matlab|io/arff|io/_harwell_boeing|_lib/_uarray/LICENSE)/.*\.(dat|npz|csv)$"
    r"|^scipy/misc/.*\.dat$"
    r"|^(pytz/zoneinfo|dateutil/zoneinfo/.*\.gz$)"
    r"|^numpy/(f2py|distutils)/"
    r"|^sqlalchemy/(testing|orm|ext|dialects/(mysql|oracle|mssql|postgresql))/"
    # A page has tables of pandas only.
    r"|^narwhals/(_dask/|_spark_like/|_ibis/|_polars/|_duckdb/|_sql/|testing/|sql\.py$)"
)
_NEEDED = re.compile(
    r"^numpy/(testing|_core/tests/_natype)|^pandas/_testing|^matplotlib/backends/_backend_agg|^pytz/zoneinfo/(UTC|Etc/UTC|Asia/)"
)

# Imported along with their parents and useless in a page; an empty module answers.
_EMPTY = {
    "numpy": {"numpy/f2py/__init__.py": b'"""Fortran is not compiled in a page."""\n'},
    # pandas opens the list of time zones of dateutil at its start, and takes zones from pytz.
    "pandas": {"dateutil/zoneinfo/dateutil-zoneinfo.tar.gz": gzip.compress(bytes(10_240), mtime=0)},
}

# Of the standard library: other programs, and what a page cannot do.
_NOT_IN_PAGE = re.compile(
    r"^(lib2to3|ensurepip|idlelib|tkinter|turtledemo|test|venv|curses|dbm|wsgiref|xmlrpc|distutils|pydoc_data|msilib)/"
    r"|^(turtle|imaplib|nntplib|ftplib|smtplib|poplib|telnetlib|mailbox|cgi|cgitb|webbrowser|antigravity|this|pstats|profile|cProfile|smtpd)\.py$"
    r"|^encodings/(mac_|cp(?!437)[0-8]|cp10|cp11|hz|iso2022|koi8|ptcp|palmos|tis|kz|hp_|big5|gb|euc_j|shift)"
)


def contents(image: Parts, files: Mapping[str, Path]) -> Files:
    """The files of one of the release's images, by their paths in the page."""
    if image.name == "core":
        return _core(files)
    made: Files = {}
    for name in image.files:
        with zipfile.ZipFile(files[name]) as wheel:
            if name.startswith("openblas"):
                made |= {
                    f"/usr/lib/{entry}": wheel.read(entry)
                    for entry in wheel.namelist()
                    if entry.endswith(".so")
                }
                continue
            made |= {SITE + path: wheel.read(path) for path in wheel.namelist() if _kept(path)}
    for package in image.installed:
        made |= {SITE + path: data for path, data in _installed(package).items() if _kept(path)}
    made |= {SITE + path: data for path, data in _EMPTY.get(image.name, {}).items()}
    made = sourceless(made)
    if image.name == "matplotlib":
        made |= _font_list(made, files)
    return made


def _kept(path: str) -> bool:
    return not path.endswith("/") and (not _DROPPED.search(path) or bool(_NEEDED.search(path)))


def _core(files: Mapping[str, Path]) -> Files:
    """Pyodide's own scripts and its standard library, and a list of packages that names none."""
    inside: Files = {}
    with zipfile.ZipFile(files["python_stdlib.zip"]) as library:
        for name in library.namelist():
            if not name.endswith("/") and not _NOT_IN_PAGE.search(name):
                inside[f"/lib/python312.zip/{name}"] = library.read(name)
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as library:
        for path, data in sorted(sourceless(inside).items()):
            library.writestr(
                zipfile.ZipInfo(path.removeprefix("/lib/python312.zip/"), (2026, 1, 1, 0, 0, 0)), data
            )
    return {
        "pyodide.js": files["pyodide.js"].read_bytes(),
        "pyodide.asm.js": _linking_once(files["pyodide.asm.js"].read_text(encoding="utf-8")).encode(),
        "python_stdlib.zip": archive.getvalue(),
        "pyodide-lock.json": json.dumps({"info": Release.load().about, "packages": {}}).encode(),
    }


# Whenever a library is loaded, Pyodide looks through the addresses of all functions for those that it still lacks: with the
# fifty parts of pandas, a fifth of the time that its import takes. Here it looks through those that it lacked the last time.
_LINKING = (
    ("var GOT={};", "var GOT={},lacking=new Set;"),
    ("var rtn=GOT[symName];if(!rtn){", "var rtn=GOT[symName];if(!rtn){lacking.add(symName);"),
    (
        "for(var[symName,entry]of Object.entries(GOT)){if(entry.value==0){",
        "for(var symName of lacking){var entry=GOT[symName];if(entry.value!=0)lacking.delete(symName);else{",
    ),
)


def _linking_once(program: str) -> str:
    for before, after in _LINKING:
        if program.count(before) != 1:
            raise InputError(
                "The program pyodide.asm.js has another form than the known ones.",
                fix="Take the release of Pyodide that pyodide.toml names.",
            )
        program = program.replace(before, after)
    return program


def _installed(package: str) -> Files:
    """The Python files of an installed package, each as its own record says it should be.

    Raises
    ------
    InputError
        The package is not installed here, or a file of it was changed.
    """
    try:
        listed = metadata.files(package)
    except metadata.PackageNotFoundError:
        listed = None
    if listed is None:
        raise InputError(
            f"The package {package} is not installed, and pages need it.",
            fix="Install what requirements.txt lists.",
        )
    made = {}
    for entry in listed:
        if entry.suffix != ".py" or entry.parts[0].startswith(".."):
            continue
        data = Path(entry.locate()).read_bytes()
        if entry.hash is not None:
            digest = hashlib.new(entry.hash.mode, data).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != entry.hash.value:
                raise InputError(
                    "This file of an installed package was changed.",
                    where=str(entry.locate()),
                    fix=f"Install {package} again.",
                )
        made[entry.as_posix()] = data
    return made


def _font_list(made: Mapping[str, bytes], files: Mapping[str, Path]) -> Files:
    """The list that matplotlib would make at its first start, of the fonts that are shipped.

    For a formula it asks for the STIX fonts too, whose letters DejaVu has; they are listed with the files of DejaVu.
    """
    wheel = next(path for name, path in files.items() if name.startswith("matplotlib"))
    with zipfile.ZipFile(wheel) as archive:
        source = archive.read("matplotlib/font_manager.py").decode()
    stated = re.search(r"class FontManager:.*?__version__ = (\d+)", source, re.S)
    if stated is None:
        raise InputError(
            "The list of fonts in this matplotlib has another form than the known ones.",
            where=str(wheel),
            fix="Take the version that the release of Python in the page names.",
        )
    version = int(stated[1])
    entries = []
    shipped = sorted(path.rpartition("/")[2] for path in made if path.endswith(".ttf"))
    stix = [("STIXGeneral", style, weight) for style in ("normal", "italic") for weight in (400, 700)]
    stix += [
        (f"STIXSize{size}Sym", "normal", weight)
        for size in ("One", "Two", "Three", "Four", "Five")
        for weight in (400, 700)
    ]
    stix += [("STIXNonUnicode", style, weight) for style in ("normal", "italic") for weight in (400, 700)]
    for file in shipped:
        name, _, look = file[: -len(".ttf")].partition("-")
        family = {
            "DejaVuSans": "DejaVu Sans",
            "DejaVuSansMono": "DejaVu Sans Mono",
            "DejaVuSansDisplay": "DejaVu Sans Display",
        }
        style = "oblique" if "Oblique" in look else "normal"
        entries.append((file, family.get(name, name), style, 700 if "Bold" in look else 400))
    for name, style, weight in stix:
        look = (
            ("-" if (bold := weight == 700) or style == "italic" else "")
            + "Bold" * bold
            + "Oblique" * (style == "italic")
        )
        entries.append((f"DejaVuSans{look}.ttf", name, style, weight))
    fonts = {
        "_version": version,
        "_FontManager__default_weight": "normal",
        "default_size": None,
        "defaultFamily": {"ttf": "DejaVu Sans", "afm": "Helvetica"},
        "afmlist": [],
        "ttflist": [
            {
                "fname": f"fonts/ttf/{file}", "name": name, "style": style, "variant": "normal", "weight": weight,
                "stretch": "normal", "size": "scalable", "__class__": "FontEntry",
            }
            for file, name, style, weight in entries
        ],
        "__class__": "FontManager",
    }  # fmt: skip
    return {f"{SITE}matplotlib/fontlist.json": json.dumps(fonts).encode()}


# --- kept by content ----------------------------------------------------------------------------------------------


def made(
    name: str, key: Sequence[object], store: Path, contents: Callable[[], bytes], needs: Sequence[str] = ()
) -> Image:
    """An image from the store, or packed now.

    Parameters
    ----------
    key : what the contents depend on; the same key gives the same image.
    contents : gives the bytes of the image, before they are deflated; called only when there is no image of this key.
    """
    digest = hashlib.sha256(json.dumps([str(part) for part in (name, *key, _recipe())]).encode()).hexdigest()[
        :20
    ]
    path, note = store / f"{name}-{digest}.js", store / f"{name}-{digest}.json"
    try:
        known = json.loads(note.read_text(encoding="utf-8"))
        image = Image(name, path, known["sha256"], known["bytes"], known["unpacked"], tuple(needs))
        if path.stat().st_size == known["script"]:
            os.utime(note)
            return image
    except (OSError, ValueError, KeyError):
        pass
    raw = contents()
    packed = deflated(raw)
    text = script(name, packed)
    image = Image(name, path, hashlib.sha256(packed).hexdigest(), len(packed), len(raw), tuple(needs))
    store.mkdir(parents=True, exist_ok=True)
    _write(path, text)
    known = {key: value for key, value in asdict(image).items() if key in ("sha256", "bytes", "unpacked")}
    _write(note, json.dumps({**known, "script": len(text)}).encode())
    return image


def _write(path: Path, data: bytes) -> None:
    with whole(path) as file:
        file.write(data)


@functools.lru_cache(maxsize=1)
def _recipe() -> str:
    """A digest of how images are made: this file, the list of the release, and the Python that compiles."""
    digest = hashlib.sha256()
    for name in ("images.py", "bytecode.py", "pyodide.toml"):
        digest.update((_HERE / name).read_bytes())
    python = compiler()
    if python:
        said = subprocess.run(
            [python, "-I", "-c", "import sys; print(sys.version)"], capture_output=True, text=True
        )
        digest.update(said.stdout.encode())
    return digest.hexdigest()


def _packed(parts: Parts, files: Mapping[str, Path]) -> bytes:
    return pack(contents(parts, files))


def of_release(release: Release, files: Mapping[str, Path], store: Path) -> list[Image]:
    """The images of Pyodide and its packages."""
    done = []
    for parts in release.images.values():
        key = [
            *(release.files[name].sha256 for name in parts.files),
            *(f"{p} {metadata.version(p)}" for p in parts.installed),
        ]
        if parts.name == "wasm":
            done.append(made("wasm", key, store, files[parts.files[0]].read_bytes))
        else:
            done.append(made(parts.name, key, store, partial(_packed, parts, files), parts.needs))
    return done


def prune(store: Path, *, days: int = 30) -> None:
    """Delete images that no build has used for a month."""
    import time

    for note in store.glob("*.json"):
        if time.time() - note.stat().st_mtime > days * 86_400:
            note.with_suffix(".js").unlink(missing_ok=True)
            note.unlink(missing_ok=True)
