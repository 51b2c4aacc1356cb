"""Images: what a page loads, small, the same bytes for the same contents, and enough to run on."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import zlib
from pathlib import Path

import pytest

from cleanworks.errors import InputError
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.live import images, needs
from cleanworks.workshop.live.fetch import NotFetched
from cleanworks.workshop.live.payload import prepare
from cleanworks.workshop.live.release import Release

from .conftest import read_script

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "tests" / "workshop" / "course"
SOURCES = {
    "/lib/a/__init__.py": b"def f(x):\n    'Doubles.'\n    return {'a', 'b', 'c'}, x * 2\n",
    "/lib/a/data.csv": b"1,2\n",
}


@pytest.fixture(scope="session")
def payload():
    try:
        return prepare(Course.load(ROOT), say=lambda text: None)
    except NotFetched as error:
        pytest.skip(f"no Pyodide: {error.message}")


def test_an_image_gives_back_its_files():
    image = images.pack(SOURCES)
    assert images.unpack(image) == SOURCES
    length = int.from_bytes(image[:4], "little")
    assert json.loads(image[4 : 4 + length])[0][0].startswith("/lib/a/")


def test_the_script_holds_the_deflated_image():
    packed = images.deflated(images.pack(SOURCES))
    text = images.script("course", packed).decode()
    found = re.fullmatch(r'CleanWorksLive\.put\("course",\(\)=>\{/\*([A-Za-z0-9+/=]+)\*/\}\)', text)
    assert zlib.decompress(base64.b64decode(found[1]), -15) == images.pack(SOURCES)
    assert read_script(text.encode()) == packed


def test_the_same_contents_are_the_same_bytes_and_other_contents_another_file(tmp_path):
    one = images.made("course", ["key"], tmp_path / "one", lambda: images.pack(SOURCES))
    other = images.made(
        "course", ["key"], tmp_path / "other", lambda: images.pack(dict(reversed(SOURCES.items())))
    )
    assert one.path.read_bytes() == other.path.read_bytes() and one.sha256 == other.sha256
    assert images.made("course", ["key two"], tmp_path / "one", lambda: images.pack({})).path != one.path


def test_an_image_is_packed_once_and_again_when_its_file_is_damaged(tmp_path):
    asked = []

    def contents() -> bytes:
        asked.append(1)
        return images.pack(SOURCES)

    first = images.made("course", ["key"], tmp_path, contents)
    assert images.made("course", ["key"], tmp_path, contents) == first and len(asked) == 1
    first.path.write_bytes(b"half")
    assert images.made("course", ["key"], tmp_path, contents) == first and len(asked) == 2
    assert hashlib.sha256(read_script(first.path.read_bytes())).hexdigest() == first.sha256


def test_bytecode_is_the_same_each_time_and_runs(monkeypatch):
    python = images.compiler()
    if python is None:
        pytest.skip(f"no Python {Release.load().python} here")
    made = images.bytecode({"/lib/a/__init__.py": SOURCES["/lib/a/__init__.py"]})
    assert made == images.bytecode({"/lib/a/__init__.py": SOURCES["/lib/a/__init__.py"]})
    code = made["/lib/a/__init__.py"]
    assert code[:4].hex() == Release.load().magic
    run = "import marshal, sys; n = {}; exec(marshal.loads(sys.stdin.buffer.read()[16:]), n); print(n['f'](2)[1], n['f'].__doc__)"
    said = subprocess.run([python, "-c", run], input=code, capture_output=True)
    assert said.stdout.decode().split() == ["4", "Doubles."]


def test_without_a_compiler_sources_travel_as_they_are(monkeypatch):
    monkeypatch.setattr(images, "compiler", lambda: None)
    assert images.sourceless(SOURCES) == SOURCES


def test_a_module_that_cannot_be_compiled_keeps_its_source():
    made = images.sourceless({"/lib/b.py": b"print 'two'\n"})
    assert made == {"/lib/b.py": b"print 'two'\n"}


def test_the_images_hold_what_pages_need_and_weigh_no_more_than_they_may(payload):
    by_name = {image.name: image for image in payload.images}
    assert [image.name for image in payload.images][: len(needs.START)] == list(needs.START)
    assert set(Release.load().images) <= set(by_name)
    assert sum(image.on_disk for image in payload.images) < 70e6
    assert sum(image.bytes for image in payload.images) < 52e6
    matplotlib = images.unpack(zlib.decompress(read_script(by_name["matplotlib"].path.read_bytes()), -15))
    fonts = json.loads(matplotlib["/lib/python3.12/site-packages/matplotlib/fontlist.json"])
    shipped = {path.partition("mpl-data/")[2] for path in matplotlib}
    assert {entry["fname"] for entry in fonts["ttflist"]} <= shipped
    assert not [path for path in matplotlib if "/tests/" in path or path.endswith(".afm")]


def test_another_program_of_pyodide_is_not_altered_blindly():
    with pytest.raises(InputError, match="has another form"):
        images._linking_once("var GOT={};var more={}")


def test_a_construction_page_reads_no_more_than_it_may(payload):
    course, weight = Course.load(ROOT), {image.name: image.bytes for image in payload.images}
    for entry in course.notebooks:
        wanted = needs.images_for(course, entry)
        assert set(wanted) <= set(weight), entry.name
        if entry.block.part == "construction" and "scipy" not in wanted:
            assert sum(weight[name] for name in (*needs.START, *wanted)) <= 27e6, entry.name


def test_the_manifest_names_every_image_with_its_sum(payload, tmp_path):
    payload.write(tmp_path)
    text = (tmp_path / "manifest.js").read_text(encoding="utf-8")
    known = json.loads(text.removeprefix("CleanWorksLive.manifest(").rstrip().removesuffix(")"))
    assert known["environment"]["CLEANWORKS_DATA"] == "/data"
    # Whoever draws nothing does not wait for matplotlib.
    assert [name for name, entry in known["images"].items() if entry["imports"]] == ["numpy", "pandas"]
    for entry in known["images"].values():
        packed = read_script((tmp_path / entry["file"]).read_bytes())
        assert hashlib.sha256(packed).hexdigest() == entry["sha256"] and len(packed) == entry["bytes"]
    assert {path.name for path in (tmp_path / "images").iterdir()} == {
        f"{name}.js" for name in known["images"]
    }


def test_the_licence_of_everything_in_the_images_lies_beside_them(payload, tmp_path):
    payload.write(tmp_path)
    told = (tmp_path / "LICENSES.txt").read_text(encoding="utf-8")
    for parts in payload.release.images.values():
        for name in (*(file for file in parts.files if file.endswith(".whl")), *parts.installed):
            # SQLite is in the public domain.
            assert re.search(rf"^{re.escape(name.split('-')[0])}\b.*\d", told, re.M) or name.startswith(
                "sqlite3"
            ), name
    assert "Mozilla Public License" in told and "pyodide.asm.js is changed" in told
    assert "Copyright (c) 2005-2024, NumPy Developers" in told


def test_a_page_needs_what_its_cells_import_and_what_its_metadata_names():
    course = Course.load(ROOT)
    assert {"sqlite3", "sqlalchemy", "data-payments"} <= set(needs.images_for(course, course.entry("c6")))
    assert needs.images_for(course, course.entry("c1")) == []
    assert "scipy" in needs.images_for(course, course.entry("m3"))  # imported in a function
    wanted = needs.images_for(course, course.entry("c7"))
    assert wanted.index("sqlite3") < wanted.index("sqlalchemy")


def test_any_course_can_be_packed():
    course = Course.load(TINY)
    files = needs.course_files(course)
    assert {"rain.py", "rain_checks.py", "cleanworks/learn/__init__.py"} <= set(files)
    assert not [name for name in files if name.startswith("cleanworks/workshop")]
