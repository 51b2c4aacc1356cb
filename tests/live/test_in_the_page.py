"""Python in the page, as a reader meets it: Chromium, from the disk, without a network, with the keyboard."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from cleanworks.workshop.pages.readable_tables import tidy
from tests.book.conftest import book  # noqa: F401  (a fixture)
from tests.few import few
from tests.live.reading import (
    LONG,
    ROOT,
    Reading,
    cells_of,
    linked_copy,
    little_memory,
    page_of,
    sealed,
    served,
)

EVERYTHING = pytest.mark.everything


@pytest.fixture(scope="session")
def live(book) -> Path:  # noqa: F811
    """The book, with what its pages need to run Python."""
    if (book / "_static" / "live" / "images").is_dir():
        return book
    missing = "The book was built without Python in its pages: `cleanworks live fetch` says what is missing."
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)


@pytest.fixture(scope="module")
def launch(installed_browser) -> Iterator[Callable[[str], object]]:
    """Starts Chromium, or a program that does."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield lambda program="": playwright.chromium.launch(
            executable_path=program or installed_browser, args=["--no-sandbox"]
        )


@pytest.fixture(scope="module")
def chromium(launch, installed_browser, tmp_path_factory) -> Iterator:
    """A browser where no network is."""
    launched = launch(str(sealed(installed_browser, tmp_path_factory.mktemp("chromium"))))
    yield launched
    launched.close()


@pytest.fixture
def tab(chromium, live) -> Iterator[Callable[..., Reading]]:
    """Makes tabs of a reader: ``tab()``, ``tab(width=360)``. Afterwards nobody may have complained."""
    made: list[Reading] = []

    def make(
        *,
        width: int = 1280,
        folder: Path = live,
        address: str = "",
        script: str = "",
        context=None,
        **options,
    ) -> Reading:
        context = context or chromium.new_context(viewport={"width": width, "height": 900}, **options)
        if script:
            context.add_init_script(script)
        made.append(Reading(context.new_page(), address or f"{folder.as_uri()}/"))
        return made[-1]

    yield make
    complaints = [complaint for reading in made for complaint in reading.complaints]
    for reading in made:
        reading.page.context.close()
    assert not complaints, "\n".join(complaints)


FIGURE = """
from cleanworks import figures
figure, axes = figures.new("Two late", x="Days late", y="Site")
axes.barh(["North", "South"], [12, 3])
"""


def test_a_reader_does_an_exercise_with_the_keyboard(tab):
    """Wrong and right answers, an error, a figure, an endless loop; what is kept, said, recorded and offered."""
    reader = tab().open(page_of("c6"))
    page = reader.page
    cells = cells_of("c6")
    starter, question = "c6-e1-starter", "c6-e1"
    assert not any("/_static/live/images/" in url or "editor.js" in url for url in reader.asked), (
        "nobody ran anything"
    )

    # What is typed is indented, and Tab leaves the editor.
    place = reader.write("c6-e2-starter", "def twice(x):\nreturn 2 * x", by_hand=True)
    assert reader.code("c6-e2-starter") == "def twice(x):\n    return 2 * x"
    page.keyboard.press("Tab")
    expect(place).not_to_be_focused()
    button = reader.cell("c6-e2-starter").get_by_role("button", name="Run the cell of question c6-e2")
    expect(button).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(place).to_be_focused()

    # Check on a cold page: what the answer stands on runs first, and the page says so.
    wrong = cells["c6-e1-wrong-answer"]
    given = cells[starter]["source"].partition("due = ...")[0]
    reader.write(starter, given + wrong["source"])
    outcome = reader.check(question)
    expect(outcome).to_contain_text(wrong["metadata"]["cleanworks"]["feedback"])
    expect(reader.cell("c6-e1-check").locator(".cw-bar-say")).to_have_text(
        "First ran what it stands on: code cell 1, your code above."
    )
    expect(reader.spoken()).to_contain_text("Done: the cell of question c6-e1. ↻ Not yet.")
    assert reader.record(question) == {
        "checks": 1,
        "day": page.evaluate("cwProgress.today()"),
        "outcome": "not-yet",
    }

    # An error says its line and what to try; the second "not yet" brings a hint, the fourth the solution.
    reader.write(starter, given + "due = pay.due_day('2026-03-20', first_limit)")
    expect(reader.check(question)).to_contain_text("Your code raised an error")
    error = reader.cell(starter).locator(".cw-error")
    expect(error).to_contain_text("AttributeError")
    expect(error).to_contain_text("Line 5: due = pay.due_day")
    box = page.locator("#c6-e1")
    assert box.locator(".cw-offer button").all_inner_texts() == ["Show the next hint"]
    reader.press(box, "Show the next hint")
    expect(box.get_by_text("Hint 1")).to_be_focused()
    for _ in range(2):
        reader.check(question)
    assert box.locator(".cw-offer button").all_inner_texts() == ["Show the next hint", "Show the solution"]
    reader.press(box, "Show the solution (c6-e1)")
    expect(reader.cell("c6-e1-solution")).to_be_visible()

    # Whoever runs the solution is not taken for somebody who solved the exercise.
    reader.run("c6-e1-solution")
    expect(reader.check(question)).to_contain_text("Your code raised an error")
    assert reader.record(question)["outcome"] == "not-yet"

    # A figure with its words and numbers, drawn by the reader's own code.
    shown = reader.run_with(starter, FIGURE)
    expect(shown.locator("img")).to_have_attribute(
        "alt", "The figure that this cell drew. Its numbers stand below it where they can be read."
    )
    assert shown.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 1000
    expect(shown.locator("details.cw-figure-data td").first).to_have_text("12")

    # An endless loop is stopped; Python comes back, and everything above runs again by itself.
    reader.write(starter, "while True:\n    pass")
    reader.press(reader.cell(starter), "Run")
    with reader.running():
        expect(reader.cell(starter).locator(".cw-bar-say")).to_have_text("Running …")
        reader.press(reader.cell(starter), "Stop")
    expect(reader.cell(starter).locator(".cw-bar-say")).to_contain_text("Stopped.")
    reader.write(starter, given + cells["c6-e1-solution"]["source"])
    outcome = reader.check(question)
    expect(outcome).to_contain_text("Correct.")
    expect(box.locator(".cw-done")).to_contain_text("Solved: the check says so.")
    entry = reader.record(question)
    assert (entry["outcome"], entry["hints"], entry["solution"]) == ("correct", 1, True)

    # The printed result comes back on request, and the code outlives the page.
    first = reader.cell("exercises-paying-subcontractors-on-time-code")
    printed = first.locator(".cell_output:not(.cw-live-output) table").inner_html()
    live = reader.run("exercises-paying-subcontractors-on-time-code")
    shapes = [[part[:2] for part in _shape(html)] for html in (live.locator("table").inner_html(), printed)]
    assert shapes[0] == shapes[1]
    reader.press(first, "Show the printed result")
    expect(first.locator(".cell_output")).to_have_count(1)
    mine = reader.code(starter)
    page.reload()
    assert reader.code(starter) == mine
    expect(reader.cell(starter).get_by_role("textbox")).to_have_value(mine)
    reader.press(reader.cell(starter), "Reset")
    assert reader.code(starter) == cells[starter]["source"]
    page.reload()
    assert reader.code(starter) == cells[starter]["source"]

    # Whoever has run code in this tab and goes into an editor finds Python on its way.
    expect(page.get_by_role("region", name="Python in this page")).to_be_hidden()
    with page.expect_request("**/_static/live/images/core.js"):
        reader.cell(starter).get_by_role("textbox").focus()
    expect(page.get_by_role("region", name="Python in this page")).to_contain_text("Python starts")


def test_tables_look_as_in_the_book(tab):
    """The page tidies a table of pandas as the book does, whatever its shape."""
    tables = [
        output["data"]["text/html"]
        for path in sorted((ROOT / "_build" / "executed").rglob("*.ipynb"))
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        for output in cell.get("outputs", [])
        if 'class="dataframe' in output.get("data", {}).get("text/html", "")
    ]
    tables = ["".join(table) for table in tables]
    odd = pd.DataFrame(
        {("a", "x"): [1, 2], ("a", "y"): ["k" * 40, ""]},
        index=pd.MultiIndex.from_product([["n"], [1, 2]], names=["p", "q"]),
    )
    named = pd.DataFrame({"v": [1.5, np.nan]}, index=pd.Index(["a", "b"], name="site"))
    tables += [
        odd.to_html(),
        named.to_html(),
        pd.DataFrame().to_html(),
        named.T.rename_axis(columns="c").to_html(),
    ]
    page = tab().open(page_of("c6")).page
    tidied = page.evaluate(
        "tables => tables.map(html => { const box = document.createElement('div'); box.innerHTML = html; CleanWorksLive.tidy(box); return box.innerHTML; })",
        tables,
    )
    for raw, made in zip(tables, tidied, strict=True):
        assert _shape(made) == _shape(tidy(raw)), raw[:500]


def _shape(html: str) -> list[tuple[str, dict[str, object], str]]:
    """Tags, attributes and texts, whatever the order of the attributes."""
    return [
        (tag.name, dict(sorted(tag.attrs.items())), tag.get_text(strip=True))
        for tag in BeautifulSoup(html, "html.parser").find_all(True) if tag.name not in ("div", "style")
    ]  # fmt: skip


@EVERYTHING
def test_without_the_editor_a_plain_field_does(tab, live, tmp_path):
    copy = linked_copy(live, tmp_path / "book")
    (copy / "_static/live/editor.js").unlink()
    reader = tab(folder=copy).open(page_of("c6"))
    reader.cell("c6-e2-starter").get_by_role("textbox").focus()
    expect(reader.cell("c6-e2-starter").get_by_role("textbox")).to_be_editable()
    reader.page.keyboard.press("Control+a")
    reader.page.keyboard.type("overdue_count = 3")
    assert reader.code("c6-e2-starter") == "overdue_count = 3"
    reader.complaints[:] = [one for one in reader.complaints if "ERR_FILE_NOT_FOUND" not in one]


_NO_WORKER = "window.Worker = function () { throw new DOMException('as in a test', 'SecurityError'); };"
_SILENT = "window.asked = false; window.Worker = class { constructor() { window.asked = true; } postMessage() {} terminate() {} };"
_ERROR = "window.Worker = class { postMessage() {} terminate() {} set onerror(f) { setTimeout(() => f(new Event('error', { cancelable: true }))); } };"
_NO_WASM = "delete window.WebAssembly;"


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(_NO_WORKER, id="worker"),
        pytest.param(_ERROR, id="its error", marks=EVERYTHING),
        pytest.param(_SILENT, id="no word", marks=EVERYTHING),
        pytest.param(_NO_WASM, id="wasm", marks=EVERYTHING),
    ],
)
def test_a_browser_that_refuses_says_what_to_do_and_the_page_stays(tab, refusal):
    reader = tab(script=refusal)
    reader.page.clock.install()
    reader.open(page_of("c6"))
    cell = reader.cell("c6-e1-check")
    with reader.running():
        reader.press(cell, "Check")
        reader.page.wait_for_function("() => window.asked ?? true")
        reader.page.clock.fast_forward(20_000)
    expect(cell.locator(".cw-bar-say")).to_contain_text(
        "This browser does not let Python run in a page. To run the code, download the notebook"
    )
    expect(cell.locator(".cell_output")).to_contain_text("Not attempted.")
    assert not any("/images/" in url for url in reader.asked)


@pytest.mark.parametrize("fault", few(["missing", "altered", "cut off"], ["altered"]))
def test_a_damaged_copy_of_the_book_names_the_file(tab, live, tmp_path, fault):
    copy = linked_copy(live, tmp_path / "book")
    path = copy / "_static/live/images/core.js"
    text = path.read_text(encoding="ascii")
    path.unlink()
    if fault == "altered":
        middle = len(text) // 2
        path.write_text(
            text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :], encoding="ascii"
        )
    elif fault == "cut off":
        path.write_text(text[: len(text) // 2], encoding="ascii")
    reader = tab(folder=copy).open(page_of("c6"))
    cell = reader.cell("c6-e1-check")
    with reader.running():
        reader.press(cell, "Check")
    sentence = (
        "The file images/core.js is missing"
        if fault == "missing"
        else "The file images/core.js of this book was changed or cut off"
    )
    expect(cell.locator(".cw-bar-say")).to_contain_text(sentence)
    # The browser's own words about a script that is not there or not whole.
    reader.complaints[:] = [
        one
        for one in reader.complaints
        if "ERR_FILE_NOT_FOUND" not in one and "Invalid or unexpected token" not in one
    ]


_NO_STORAGE = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('as in a test', 'SecurityError'); } });"


@EVERYTHING
def test_where_nothing_is_kept_the_page_says_so_and_runs(tab):
    reader = tab(script=_NO_STORAGE).open(page_of("c6"))
    reader.write("c6-e1-starter", "print(6 * 7)")
    expect(reader.cell("c6-e1-starter").locator(".cw-bar-say")).to_contain_text(
        "your code is gone when you leave it"
    )
    expect(reader.run("c6-e1-starter")).to_contain_text("42")
    reader.complaints[:] = [
        one for one in reader.complaints if "as in a test" not in one and "theme mode" not in one
    ]


BAD_INPUT = {
    "print('x' * 100_000_000)": "printed more than a page can hold",
    "for _ in range(3_000_000):\n    print('x' * 40)": "printed more than a page can hold",
    "import numpy as np\nnp.zeros(4 * 10**9, dtype='u1')": "more memory than Python in the page has",
    "kept = []\nwhile True:\n    kept.append(bytearray(10**8))": "memory",
    "import tensorflow": "The library tensorflow does not come with this page",
    "open('my-table.csv')": "cannot see the files of your computer",
    "open('note.txt', 'w').write('a'); print(open('note.txt').read())": "a",
    "import urllib.request\nurllib.request.urlopen('https://example.org')": "",
    "def f():\n    return f()\nf()": "calls itself without end",
    "raise SystemExit": "asked Python to end",
    "import os\nos._exit(1)": "",
    "1 +": "SyntaxError",
}


@EVERYTHING
def test_whatever_code_does_the_page_stays_usable(tab):
    reader = tab().open(page_of("c6"))
    starter, cell = "c6-e1-starter", reader.cell("c6-e1-starter")
    for code, said in BAD_INPUT.items():
        reader.run_with(starter, code)
        seen = f"{cell.locator('.cw-live-output').inner_text()} {cell.locator('.cw-bar-say').inner_text()}"
        assert said in seen and seen.strip(), f"{code}: {seen[:300]}"
        expect(reader.run_with(starter, "print(6 * 7)")).to_contain_text("42")
    # `check` is the course's own again, whatever a learner calls so.
    reader.write(starter, "check = 'all well'")
    expect(reader.check("c6-e1")).to_contain_text("Not attempted.")
    expect(reader.cell("c6-e1-check").locator(".cw-bar-say")).to_contain_text(
        "The name check had another meaning"
    )
    # input() asks in the page; the keyboard goes there and back.
    reader.write(starter, "name = input('Your name? ')\nprint('Hello', name)")
    with reader.running():
        reader.press(cell, "Run")
        expect(cell.get_by_label("Your name?")).to_be_focused()
        reader.page.keyboard.type("Ana")
        reader.page.keyboard.press("Enter")
    expect(cell.locator(".cw-live-output")).to_contain_text("Hello Ana")


_HALF_A_LAPTOP = 2000
"""MB for the browser alone: what a laptop of 4 GB has left beside its system and what else is open."""


@EVERYTHING
def test_a_laptop_of_4_gb_is_enough(live, launch, installed_browser, tmp_path):
    """An exercise with scipy and a figure, code that takes all the memory it can get, and the exercise once more."""
    with little_memory(_HALF_A_LAPTOP) as group:
        if group is None:
            pytest.skip("This system allows no group of processes with little memory (cgroup).")
        launched = launch(str(sealed(installed_browser, tmp_path, group)))
        reader = Reading(launched.new_page(), f"{live.as_uri()}/").open(page_of("m8"))
        assert (group / "cgroup.procs").read_text().split(), "the browser is not in the group"
        for _ in range(2):
            expect(reader.check("m8-e1")).to_contain_text("Not attempted.")
            shown = reader.run_with("m8-e2-starter", FIGURE)
            expect(shown.locator("img")).to_be_visible()
            shown = reader.run_with(
                "m8-e2-starter", "kept = []\nwhile True:\n    kept.append(bytearray(10**7))"
            )
            expect(shown).to_contain_text("This needs more memory than Python in the page has.")
            reader.run_with("m8-e2-starter", "kept = None")
        assert not reader.complaints, "\n".join(reader.complaints)
        launched.close()


_LOADED = """
import os, sys
files = [module.__file__ for module in list(sys.modules.values()) if str(getattr(module, "__file__", "")).endswith(".so")]
print(os.path.isdir("/lib/python3.12/site-packages/scipy"), len(files) > 20, max(map(os.path.getsize, files)))
"""
SCIPY = (
    "from scipy import linalg, stats\nprint(round(stats.norm.ppf(0.975), 2), linalg.det([[2, 0], [0, 3]]))"
)


@EVERYTHING
def test_scipy_takes_no_memory_before_it_is_imported_and_no_library_takes_it_twice(tab):
    """A file lies in the page's memory, and so does what was loaded from it."""
    reader = tab().open(page_of("m8"))
    starter = "m8-e1-starter"
    reader.check("m8-e1")
    expect(reader.run_with(starter, _LOADED)).to_contain_text("False True 0")
    expect(reader.run_with(starter, SCIPY)).to_contain_text("1.96 6.0")
    expect(reader.run_with(starter, _LOADED)).to_contain_text("True True 0")
    # After a new start it is read and unpacked once more.
    reader.press(reader.page.get_by_role("region", name="Python in this page"), "Start again")
    expect(reader.run_with(starter, SCIPY)).to_contain_text("1.96 6.0")


@EVERYTHING
@pytest.mark.parametrize("set_id", ["o1", "m4", "c8"])
def test_the_first_exercise_of_other_sets(tab, set_id):
    """Wrong answer and its feedback, then the solution's code as one's own answer."""
    reader = tab().open(page_of(set_id))
    cells = cells_of(set_id)
    question = f"{set_id}-e1"
    reader.unfold(f"{question}-solution")
    # A solution runs by itself from a cold page, with the lines that were given above it.
    assert not reader.run(f"{question}-solution").locator(".cw-error").count()
    starter = cells[f"{question}-starter"]["source"]
    wrong = next(cell for id, cell in cells.items() if id.startswith(f"{question}-wrong-answer"))
    reader.write(f"{question}-starter", f"{starter}\n{wrong['source']}")
    expect(reader.check(question)).to_contain_text(wrong["metadata"]["cleanworks"]["feedback"])
    reader.write(f"{question}-starter", f"{starter}\n{cells[f'{question}-solution']['source']}")
    expect(reader.check(question)).to_contain_text("Correct.")
    assert reader.record(question)["outcome"] == "correct"


@EVERYTHING
def test_on_the_next_page_python_is_there_when_an_answer_is_written(tab):
    reader = tab().open(page_of("c6"))
    reader.check("c6-e1")
    reader.asked.clear()
    reader.open(page_of("c8"))
    reader.cell("c8-e1-check").get_by_role("button", name="Check").focus()
    assert not any("/images/" in url for url in reader.asked), "nobody wrote anything"
    reader.cell("c8-e1-starter").get_by_role("textbox").focus()
    expect(reader.page.get_by_role("region", name="Python in this page")).to_contain_text(
        "Python is ready.", timeout=LONG
    )
    with reader.running():
        reader.press(reader.cell("c8-e1-check"), "Check")
        expect(reader.cell("c8-e1-check").locator(".cw-bar-say")).not_to_contain_text("Python starts")
    expect(reader.cell("c8-e1-check").locator(".cw-live-output")).to_contain_text("Not attempted.")


@EVERYTHING
def test_two_tabs_do_not_disturb_each_other(tab):
    one = tab()
    one.open(page_of("c6"))
    other = tab(context=one.page.context).open(page_of("c6"))
    one.write("c6-e1-starter", "a = 1\nprint(a)")
    other.page.wait_for_function("() => CleanWorksLive.cells['c6-e1-starter'].code === 'a = 1\\nprint(a)'")
    other.write("c6-e2-starter", "b = 2\nprint(b)")
    expect(one.run("c6-e1-starter")).to_contain_text("1")
    expect(other.run("c6-e2-starter")).to_contain_text("2")
    one.page.reload()
    assert (one.code("c6-e1-starter"), one.code("c6-e2-starter")) == ("a = 1\nprint(a)", "b = 2\nprint(b)")


# From a plain http address, and the machine's own is not taken for one.
_NO_SUBTLE = "Object.defineProperty(Crypto.prototype, 'subtle', { get() {} });"


@EVERYTHING
def test_the_same_pages_from_a_server(live, launch):
    """With and without what the browser has kept, and as from another machine. The own address is needed: nothing is sealed."""
    with served(live) as address:
        launched = launch()
        context = launched.new_context(viewport={"width": 1280, "height": 900})
        for script in ("", "", _NO_SUBTLE):
            context.add_init_script(script)
            reader = Reading(context.new_page(), address).open(page_of("c6"))
            expect(reader.check("c6-e1")).to_contain_text("Not attempted.")
            assert not reader.complaints
        launched.close()


@EVERYTHING
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_open_on_a_phone(tab, scheme):
    """axe-core finds nothing with editors, outputs, an error, a figure's numbers, offers and a question open; nothing is too wide."""
    from tests.book.test_every_page import _axe

    reader = tab(width=360, color_scheme=scheme, reduced_motion="reduce").open(page_of("c6"))
    page = reader.page
    reader.run_with("c6-e1-starter", "due = 3\nlate_days = 5\ninterest = 7\n" + FIGURE)
    for _ in range(2):
        reader.check("c6-e1")
    reader.run_with("c6-e2-starter", "1 / 0")
    reader.run("exercises-paying-subcontractors-on-time-code")
    reader.write("c6-e3-starter", "input('How many?')")
    reader.press(reader.cell("c6-e3-starter"), "Run")
    expect(reader.cell("c6-e3-starter").get_by_label("How many?")).to_be_visible(timeout=60_000)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.hidden = false; d.open = true; })")
    page.add_style_tag(content="* { transition: none !important; }")
    # The theme makes what scrolls reachable with the keyboard a moment after it arrived, and then every output has the attribute.
    page.wait_for_function(
        "[...document.querySelectorAll('.cell_output > .output')].every(output => output.hasAttribute('tabindex'))"
    )
    # An outcome brings its own colours: in the dark too it stands on no card of the theme.
    assert (
        page.locator(".text_html:has(> .cleanworks-outcome)").first.evaluate(
            "e => getComputedStyle(e).padding"
        )
        == "0px"
    )
    found = _axe(page, None)
    assert not found, "\n".join(found)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
