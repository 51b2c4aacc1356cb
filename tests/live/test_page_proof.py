"""Page and book agree: notebooks in Pyodide beside their executed copies, and whole numbers as wide as on a laptop."""

from __future__ import annotations

import json
import subprocess
import zlib
from pathlib import Path

import pytest

from cleanworks import city
from cleanworks.errors import InputError
from cleanworks.workshop.book import Edition
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.live import images, needs, page_proof, payload
from cleanworks.workshop.live.fetch import NotFetched, fetch
from cleanworks.workshop.live.images import Image
from cleanworks.workshop.live.payload import MOST_MEMORY, prepare
from cleanworks.workshop.live.release import Release

from .conftest import read_script

ROOT = Path(__file__).resolve().parents[2]


def _text(text: str) -> dict:
    return {"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}}


# --- comparing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "book"),
    [
        ("Name: a, dtype: object", "Name: a, dtype: str"),
        ("[0 1], dtype=int32", "[0 1], dtype=int64"),
        ("0.30000000000000004", "0.30000000000000007"),
    ],
)
def test_what_may_differ_is_passed_over(page, book):
    assert page_proof.compare("cell", [_text(page)], [_text(book)]) == []


@pytest.mark.parametrize(
    ("page", "book"),
    [
        ("KRW -1094967296", "KRW 3200000000"),
        ("0.31", "0.30"),
        ("0.3000001234", "0.3000005678"),
        ("3", "3.0"),
        ("Name: a, dtype: float64", "Name: a, dtype: int64"),
    ],
)
def test_another_value_is_found(page, book):
    (found,) = page_proof.compare("the-cell", [_text(page)], [_text(book)])
    assert found.cell == "the-cell" and page[:4] in found.page and book[:4] in found.book


def test_a_missing_output_an_error_and_another_outcome_are_found():
    error = {"output_type": "error", "ename": "OverflowError", "evalue": "too large", "traceback": []}
    assert [d.what for d in page_proof.compare("c", [error], [_text("1")])] == [
        "output 1 (text/plain)",
        "error",
    ]
    outcome = "application/vnd.cleanworks.outcome+json"
    sides = [
        [{"output_type": "execute_result", "data": {outcome: {"outcome": name}}}]
        for name in ("not-yet", "correct")
    ]
    assert len(page_proof.compare("c", *sides)) == 1


def test_pieces_of_what_is_printed_are_joined_and_pictures_need_only_be_there():
    stream = [{"output_type": "stream", "name": "stdout", "text": text} for text in ("one\n", "two\n")]
    assert (
        page_proof.compare("c", stream, [{"output_type": "stream", "name": "stdout", "text": "one\ntwo\n"}])
        == []
    )
    figure = [{"output_type": "display_data", "data": {"image/png": picture}} for picture in ("aaaa", "bbbb")]
    assert page_proof.compare("c", figure[:1], figure[1:]) == []
    assert len(page_proof.compare("c", [], figure[1:])) == 1


def test_every_rule_has_a_reason():
    assert all(len(reason.split()) >= 4 for _, _, reason in page_proof.ALLOWED)


def test_without_node_one_sentence_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(page_proof.NODE, raising=False)
    with pytest.raises(InputError, match="no Node 18"):
        page_proof.node()


# --- in Pyodide ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pyodide(tmp_path_factory):
    """Runs cells in Pyodide, as a page does; the outputs come back by number."""
    try:
        program, ready = page_proof.node(), prepare(Course.load(ROOT), say=lambda text: None)
    except NotFetched as error:
        pytest.skip(f"no Pyodide: {error.message}")
    except InputError as error:
        pytest.skip(error.message)

    def run(
        *cells: str, images: tuple[str, ...] = (), memory: int = MOST_MEMORY, start: tuple[str, ...] = needs.START,
        instead: dict[str, Image] | None = None,
    ) -> list[dict]:  # fmt: skip
        folder = tmp_path_factory.mktemp("pyodide")
        job = {
            "folder": str(folder),
            "images": {
                **{image.name: str(image.path) for image in ready.images},
                **{name: str(image.path) for name, image in (instead or {}).items()},
            },
            "start": list(start),
            "environment": page_proof.page_environment(ready),
            "memory": memory,
            "notebooks": [
                {
                    "name": "cells", "images": images, "out": str(folder / "out.json"),
                    "cells": [{"id": str(number), "source": source} for number, source in enumerate(cells)],
                }
            ],
        }  # fmt: skip
        done = subprocess.run(
            [program, str(Path(page_proof.__file__).parent / "node.mjs")],
            input=json.dumps(job),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        made = json.loads((folder / "out.json").read_text(encoding="utf-8"))["cells"]
        return [made[str(number)] for number in range(len(cells))]

    return run


WIDE = {
    "np.array([80_000_000]) * 40": "array([3200000000])",
    "np.array([3e9]).astype(int)": "array([3000000000])",
    "np.asarray([80_000_000, 1])[:1] * 40": "array([3200000000])",
    "(np.arange(5) * 10**9).sum()": "10000000000",
    "np.ones(2, dtype=int) * 4_000_000_000": "array([4000000000, 4000000000])",
    "np.full(1, 80_000_000) * 40": "array([3200000000])",
    "np.where(np.array([1, 2]) > 1, 80_000_000, 0) * 40": "array([         0, 3200000000])",
    "np.sum(np.array([True] * 3)) * 80_000_000_000": "240000000000",
    "np.bincount(np.array([0, 1, 1])) * 3_000_000_000": "array([3000000000, 6000000000])",
    "pd.Series([80_000_000_000.0]).astype(int).tolist()": "[80000000000]",
    "pd.DataFrame({'a': ['80000000000']}).astype({'a': int}).a.tolist()": "[80000000000]",
    "np.repeat([1, 2], np.array([2, 1])).tolist()": "[1, 1, 2]",
    "np.array([5, 6, 7])[np.where(np.array([1, 2, 3]) > 1)].tolist()": "[6, 7]",
}


READY_MADE = (
    "from cleanworks import city\ncity.assembly.pieces = None  # makes tables\nlen(city.load('payments'))"
)


def test_whole_numbers_are_as_wide_as_on_a_laptop_and_tables_come_ready_made(pyodide):
    ready, _, *done = pyodide(
        READY_MADE, "import numpy as np\nimport pandas as pd", *WIDE, images=("data-payments",)
    )
    assert ready["ok"], ready["outputs"]
    assert ready["outputs"][-1]["data"]["text/plain"] == str(len(city.load("payments")))
    shown = []
    for cell in done:
        assert cell["ok"], cell["outputs"]
        text = cell["outputs"][-1]["data"]["text/plain"]
        shown.append(
            text.replace(", dtype=int64", "").replace("np.int64(", "").rstrip(")")
            + (")" if text.startswith("array") else "")
        )
    assert dict(zip(WIDE, shown, strict=True)) == WIDE


@pytest.mark.everything
def test_figures_of_large_amounts_and_formulas_are_drawn_without_a_word(pyodide):
    done = pyodide(
        "import matplotlib.pyplot as plt\nimport pandas as pd",
        "fig, ax = plt.subplots()\nax.barh(['a', 'b'], pd.Series([8_000_000_000, 3]))\nax.bar([1, 2], [3, 8_000_000_000])\n"
        "ax.set_title(r'$x^2 + \\sum_i \\alpha_i$', style='italic')\nfig.canvas.draw()",
    )
    assert [output["output_type"] for output in done[1]["outputs"]] == ["display_data"], done[1]["outputs"]


# The page's Matplotlib joins no letters by itself: three letters are then three times as wide as one.
ARABIC = """
import os
os.environ["CLEANWORKS_LANGUAGE"] = "ar"
from cleanworks import figures
figure, axes = figures.new("It rained", x="ب", y="ببب")
figure.canvas.draw()
alone, joined = axes.xaxis.label.get_window_extent(), axes.yaxis.label.get_window_extent()
bool(joined.height < 2 * alone.width), axes.get_ylabel()
"""


@pytest.mark.everything
def test_arabic_letters_are_joined_in_figures_and_stay_text_that_can_be_read(pyodide):
    (done,) = pyodide(ARABIC)
    assert done["outputs"][0]["data"]["text/plain"] == "(True, 'ببب')", done["outputs"]


@pytest.mark.everything
def test_what_does_not_fit_a_small_laptop_is_an_error_of_the_cell_and_the_rest_stays(pyodide):
    first, greedy, after = pyodide(
        "kept = list(range(1000))",
        "more = []\nwhile True:\n    more.append(bytearray(50_000_000))",
        "more = None\nsum(kept)",
        memory=400_000_000,
    )
    assert first["ok"] and not greedy["ok"]
    assert greedy["outputs"][-1]["ename"] == "MemoryError"
    assert "more memory than Python in the page has" in greedy["outputs"][-1]["said"]
    assert after["outputs"][-1]["data"]["text/plain"] == "499500"


SMALL = """
import statistics, textwrap, dataclasses
def mean(values):
    'Adds up and divides.'
    return statistics.fmean(values)
print(mean.__doc__, sorted({'b', 'a'}), textwrap.shorten('one two three', 9))
dataclasses.make_dataclass('Site', ['name'])('North'), mean([1, 2])
"""


@pytest.mark.everything
def test_without_a_compiler_of_bytecode_a_page_shows_the_same(pyodide, monkeypatch, tmp_path):
    """The libraries' sources travel then, and Pyodide compiles them. Only a folded traceback has lines of theirs more."""
    if images.compiler() is None:
        pytest.skip(f"no Python {Release.load().python} here to compile with")
    start = ("wasm", "core", "cleanworks")
    compiled = pyodide(SMALL, "mean([])", start=start)
    course, release = Course.load(ROOT), Release.load()
    monkeypatch.setattr(images, "compiler", lambda: None)
    images._recipe.cache_clear()
    core = images.made(
        "core",
        [],
        tmp_path,
        lambda: images.pack(images.contents(release.images["core"], fetch(ROOT, release))),
    )
    own, _ = payload._own_files(course, {})
    course_image = images.made("cleanworks", [], tmp_path, lambda: images.pack(images.sourceless(own)))
    images._recipe.cache_clear()
    assert not [path for path in images.unpack(_inflated(course_image)) if path.endswith(".pyc")]
    plain = pyodide(SMALL, "mean([])", start=start, instead={"core": core, "cleanworks": course_image})
    for cell in (*plain, *compiled):
        for output in cell["outputs"]:
            output.pop("whole", None)
    assert plain == compiled
    assert compiled[0]["ok"] and compiled[1]["outputs"][0]["ename"] == "StatisticsError"


def _inflated(image) -> bytes:
    return zlib.decompress(read_script(image.path.read_bytes()), -15)


@pytest.mark.everything
def test_a_library_that_a_page_does_not_name_is_not_there(pyodide):
    done = pyodide("import sqlalchemy")
    assert not done[0]["ok"]
    assert pyodide("import sqlalchemy", images=("sqlite3", "sqlalchemy"))[0]["ok"]


@pytest.mark.usefixtures("pyodide")
def test_a_lesson_and_its_exercises_agree_with_the_book(executed):
    """Results are kept by what they depend on, so that only what changed runs again."""
    executed(None)
    _agree(None, "o1")


@pytest.mark.everything
@pytest.mark.usefixtures("pyodide")
def test_every_page_agrees_with_the_book(executed):
    executed(None)
    _agree(None)


@pytest.mark.everything
@pytest.mark.usefixtures("pyodide")
def test_every_page_of_another_country_agrees_with_its_book(executed):
    executed("exampleland")
    _agree("exampleland")


@pytest.mark.everything
@pytest.mark.usefixtures("pyodide")
@pytest.mark.parametrize(("profile", "language"), [("uganda", None), (None, "fr")])
def test_pages_of_a_real_country_and_of_another_language_agree_with_their_books(profile, language):
    _agree(profile, "c6", "m4", language=language)


def _agree(profile: str | None, *ids: str, language: str | None = None) -> None:
    course = Course.load(ROOT)
    edition = Edition(ROOT, profile=profile, language=language)
    done = page_proof.prove(course, ids, environment=edition.environment, say=lambda text: None)
    wrong = [f"{one.name}: {difference}" for one in done for difference in one.differences]
    assert len(done) == (2 * len(ids) or len(course.notebooks)) and not wrong, "\n".join(wrong)
