"""Slides, handouts, certificates and forms, looked at in a browser."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from cleanworks.errors import InputError
from cleanworks.workshop import certificates, forms, handouts, slides
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.forms import Key, handed_in

needs_browser = pytest.mark.usefixtures("installed_browser")

OVERFLOW = """() => [...document.querySelectorAll('.slides section')].flatMap((section, n) => {
  const before = section.style.display; section.style.display = 'block';
  const box = section.querySelector('.fit'), room = box.getBoundingClientRect();
  const out = [...box.querySelectorAll('*')].filter((e) => {
    const r = e.getBoundingClientRect(); return r.bottom > room.bottom + 1 || r.right > room.right + 1; }).map((e) => n + ' ' + e.tagName);
  section.style.display = before; return out; })"""


@pytest.fixture
def lesson(course):
    return Course.load(course).lessons[0]


@pytest.fixture
def node(lesson):
    """The lesson with outputs that are hard to show: long, wide, tall."""
    import matplotlib.pyplot as plt

    node = nbformat.from_dict(lesson.notebook.node)
    file = io.BytesIO()
    plt.subplots(figsize=(4, 9))[0].savefig(file, format="png")
    plt.close("all")
    picture = base64.b64encode(file.getvalue()).decode()
    rows = "".join(f"<tr><th>{n}</th>" + "<td>a long cell of words</td>" * 9 + "</tr>" for n in range(40))
    outputs = [
        nbformat.v4.new_output("stream", text="\n".join(f"line {n} " + "x" * 120 for n in range(60))),
        nbformat.v4.new_output(
            "display_data", data={"text/html": f"<table><thead><tr><th></th></tr></thead>{rows}</table>"}
        ),
        nbformat.v4.new_output("display_data", data={"image/png": picture}),
    ]
    cell = nbformat.v4.new_code_cell("x = 1  # " + "long " * 60, outputs=outputs)
    cell.metadata["mystnb"] = {"image": {"alt": "A tall empty frame for the test"}}
    node.cells.insert(3, cell)
    node.cells.insert(
        4,
        nbformat.v4.new_markdown_cell(
            "Words.\n\n" + "\n".join(f"- point {n} " + "word " * 25 for n in range(20))
        ),
    )
    return node


@pytest.fixture(scope="module")
def tab(browser):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    yield page
    page.close()


def violations(tab) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(tab, options={"preload": False}).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found]


@needs_browser
def test_no_slide_is_cut_off_and_none_asks_the_network(tmp_path, tab, node, lesson):
    slides.write_library(tmp_path)
    path = tmp_path / "deck.html"
    path.write_text(slides.page(slides.deck(node, lesson.block)), encoding="utf-8")
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(path.as_uri())
    tab.wait_for_selector("body[data-ready]")
    assert tab.evaluate(OVERFLOW) == []
    sizes = tab.evaluate("[...document.querySelectorAll('.fit')].map((e) => parseFloat(e.style.fontSize))")
    assert min(sizes) >= 14
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("Reveal.getIndices().h === 1")
    assert violations(tab) == []


def test_a_deck_has_notes_with_minutes_only_for_the_instructor(node, lesson):
    mine = slides.page(slides.deck(node, lesson.block))
    theirs = slides.page(slides.deck(node, lesson.block, audience="learner"))
    assert f"{lesson.block.minutes.teach} minutes in all" in mine
    assert '<aside class="notes">' in mine and '<aside class="notes">' not in theirs
    for cell in lesson.notebook.with_tag("instructor"):
        for line in cell.source.splitlines():
            assert len(line) < 20 or line not in theirs


def test_minutes_of_sections_add_up(node, lesson):
    assert sum(slides.deck(node, lesson.block, teach=33).minutes.values()) == pytest.approx(33)


@pytest.mark.parametrize(
    "note",
    [
        "**Timing** (30 minutes): decision and prediction 6, steps 1 and 2 12, pitfall 3, quiz 9.",
        "**Timing.**\nDecision and prediction 6 minutes, step 1 6 (with coins), step 2 6, pitfall 3, quiz 9.\nBe early.",
    ],
)
def test_the_instructors_note_gives_the_minutes(note):
    from cleanworks.workshop.slides import timing

    sections = [
        "The decision",
        "Predict before you run",
        "Step 1. Look",
        "Step 2: count",
        "Pitfall: no",
        "Quiz",
    ]
    found = timing.minutes(note, sections, 60)
    assert found == dict(zip(sections, [6, 6, 12, 12, 6, 18], strict=True))


def test_no_slide_shows_the_key_of_a_quiz(node, lesson):
    from cleanworks.workshop.quiz import parse_quiz

    html = slides.page(slides.deck(node, lesson.block))
    for cell in lesson.notebook.with_tag("quiz"):
        assert all(option.feedback not in html for option in parse_quiz(cell.source).options)
    assert "[x]" not in html


def test_a_picture_keeps_its_description(node, lesson):
    assert 'alt="A tall empty frame for the test"' in slides.page(slides.deck(node, lesson.block))


@needs_browser
def test_a_handout_has_two_pages(lesson):
    content = handouts.pdf(lesson.notebook.node, lesson.block, {"gauge": "What measures."})
    assert handouts.pages(content) == 2


@needs_browser
def test_what_a_page_saves_is_what_evaluation_reads(tmp_path, tab, course):
    lessons = Course.load(course).lessons
    test = forms.draw(lessons, seed=4)
    key = Key.of("rain", "Rain in a day", lessons, test)
    tab.set_viewport_size({"width": 360, "height": 740})
    for name, page in (
        ("before", forms.test_page(test, key, "before")),
        ("evaluation", forms.form_page("evaluation", key)),
    ):
        tab.goto(page.save(tmp_path / f"{name}.html").as_uri())
        # A test that shows a box and no question says what it waits for.
        waiting = tab.get_by_text("The questions appear when you have typed your code.")
        assert waiting.is_visible() is (name == "before")
        tab.fill("#code", "an 07-ül")
        assert not waiting.is_visible()
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360
        assert violations(tab) == []
        for question in tab.query_selector_all("fieldset"):
            if question.is_visible():
                question.query_selector("input").check()
        for box in tab.query_selector_all("textarea"):
            box.fill('Anführung "x" \\ \u2028 한국어\nnext line')
        with tab.expect_download() as download:
            tab.click("#save")
        saved = tmp_path / f"{name}.json"
        download.value.save_as(saved)
        read = handed_in.answers(name, handed_in.loads(saved.read_bytes()), key)
        assert (read.code, read.kind) == ("AN07ÜL", name)
        assert read.answers
    # On a laptop the five marks stand side by side, under the whole question; in the dark everything can be read.
    tab.set_viewport_size({"width": 1280, "height": 720})
    marks = tab.query_selector_all("fieldset:first-of-type .option")
    assert len({round(mark.bounding_box()["y"]) for mark in marks}) == 1
    tab.emulate_media(color_scheme="dark")
    assert violations(tab) == []
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    tab.emulate_media(color_scheme="light")


# --- certificates -------------------------------------------------------------------------------------------------


def names(tmp_path, text):
    path = tmp_path / "names.csv"
    path.write_text(text, encoding="utf-8")
    return certificates.read_names(path)


def test_names_of_every_script_and_sign(tmp_path):
    people, told = names(
        tmp_path,
        'name,organisation,statement\n"Smith, ""Jo"" O\'Neil",A & B,completed\n김하늘,,\nمحمد العربي,,attended\n',
    )
    assert [p.name for p in people] == ['Smith, "Jo" O\'Neil', "김하늘", "محمد العربي"]
    assert [p.statement for p in people] == ["completed", "attended", "attended"] and told == []
    html = certificates.page(people, title="T <b>", place="P", dates="D", modules=["M"], hours=3.5).html
    text = BeautifulSoup(html, "html.parser").get_text()
    assert 'Smith, "Jo" O\'Neil' in text and "T <b>" in text
    assert "completed its exercises" in text and "No examination was held" in text


def test_a_name_that_stands_twice_is_told(tmp_path):
    people, told = names(tmp_path, "name;organisation\nKim;A\nkim;A\nKim;B\n")
    assert [p.organisation for p in people] == ["A", "B"] and len(told) == 1


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("=1+1", "formula"),
        ("@cmd", "formula"),
        ("123", "no letter"),
        ("x" * 201, "longer"),
        ("#REF!", "formula"),
        ("N/A", "is no name"),
        ("Total: 2", "is no name"),
        ("합계", "is no name"),
    ],
)
def test_what_is_no_name_is_refused_with_its_row(tmp_path, row, says):
    with pytest.raises(InputError, match="row 3") as error:
        names(tmp_path, f"name\nAda\n{row}\n")
    assert says in error.value.message


@pytest.mark.parametrize("text", ["name\nOkello, James\n", "name,organisation\nAda,Works, Kampala\n"])
def test_a_comma_in_a_name_does_not_cut_it(tmp_path, text):
    with pytest.raises(InputError, match="row 2: it has more cells than the list has columns"):
        names(tmp_path, text)


@pytest.mark.parametrize(
    "text", ["nom;organisme\nOkello James;X", "성명,소속\nOkello James,X", 'الاسم,الجهة\n"Okello\nJames",X']
)
def test_a_list_in_another_language_is_understood_and_a_line_break_parts_words(tmp_path, text):
    assert names(tmp_path, text)[0] == [certificates.Person("Okello James", "X")]


@pytest.mark.parametrize(
    "text",
    [
        "First name,Last name\nGrace,Nakato\n",
        "Nom,Prénom(s)\nNakato,Grace\n",
        "Liste des participants\n\nNom et prénom;Service\nGrace Nakato;\n",
        "sep=;\nName;Office\nGrace Nakato;\n",
        "Họ và tên\nGrace Nakato\n",
    ],
)
def test_a_name_in_two_columns_or_under_another_heading_is_whole(tmp_path, text):
    assert [person.name for person in names(tmp_path, text)[0]] == ["Grace Nakato"]


def test_unicode_text_of_a_spreadsheet_is_read_and_other_files_are_refused(tmp_path):
    path = tmp_path / "names.csv"
    path.write_bytes("name\torganisation\nหทัย\tA\n".encode("utf-16"))
    assert certificates.read_names(path)[0] == [certificates.Person("หทัย", "A")]
    path.write_bytes(b"PK\x03\x04 a text of another program\n")
    with pytest.raises(InputError, match="is no text, but another kind of file"):
        certificates.read_names(path)


def test_a_workbook_with_two_sheets_is_not_guessed_at_and_one_with_wide_rows_names_its_columns(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    for row in (["Who came", "Org", None], ["A B", "X", None]):
        book.active.append(row)
    book.save(tmp_path / "names.xlsx")
    with pytest.raises(InputError, match=r"it has the columns: Who came, Org\."):
        certificates.read_names(tmp_path / "names.xlsx")
    book.create_sheet("Day 2").append(["name"])
    book.save(tmp_path / "names.xlsx")
    with pytest.raises(InputError, match=r"several sheets with something in them \(Sheet, Day 2\)"):
        certificates.read_names(tmp_path / "names.xlsx")


def workbook(tmp_path, rows, merged=(), hidden=()):
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(row)
    for area in merged:
        book.active.merge_cells(area)
    for row in hidden:
        book.active.row_dimensions[row].hidden = True
    book.save(tmp_path / "names.xlsx")
    return certificates.read_names(tmp_path / "names.xlsx")


def test_what_stands_in_merged_cells_counts_for_each_of_them(tmp_path):
    rows = [["List of participants"], ["Name", "Organisation"], ["Ada Obi", "Works"], ["Ben Oko"]]
    people, told = workbook(tmp_path, rows, ["A1:B1", "B3:B4"])
    assert people == [certificates.Person("Ada Obi", "Works"), certificates.Person("Ben Oko", "Works")]
    assert told == []
    with pytest.raises(InputError, match="row 3: 'WORKS' is both the name and the organisation"):
        workbook(tmp_path, [rows[0], rows[1], ["WORKS"], ["Ada Obi", "Works"]], ["A3:B3"])


def test_whom_a_filter_hides_gets_no_certificate_unasked(tmp_path):
    rows = [["Name", "Came"], ["Ada Obi", "yes"], ["Ben Oko", "no"]]
    with pytest.raises(InputError, match=r"hidden, perhaps by a filter \(row 3\)") as error:
        workbook(tmp_path, rows, hidden=[3])
    assert "CSV" not in error.value.message


@pytest.mark.parametrize(
    "text", ["ФИО\nАда Оби\nБен Око\n", "Surname\nObi\n", "명단\n\n번호,참가자명\n1,김민수\n"]
)
def test_no_heading_in_any_language_becomes_a_person(tmp_path, text):
    with pytest.raises(InputError, match="heading of the list is not understood"):
        names(tmp_path, text)


def test_a_list_without_a_heading_says_whom_it_begins_with(tmp_path):
    people, told = names(tmp_path, "Ada Obi\nBen Oko\n")
    assert len(people) == 2 and told == [
        "The list has no heading; its first line, Ada Obi, counts as a name."
    ]


@pytest.mark.parametrize("mark", ["|", "؛"])
def test_bars_and_arabic_semicolons_part_cells(tmp_path, mark):
    text = f"name{mark}organisation\nAda, Obi{mark}Works\n"
    assert names(tmp_path, text)[0] == [certificates.Person("Ada, Obi", "Works")]


def test_a_list_of_names_may_be_a_workbook(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    for row in (["Name", "Organisation"], ["Nguyễn Thị Hồng Nhung", "Đà Nẵng"], [None, None]):
        book.active.append(row)
    book.save(tmp_path / "names.xlsx")
    people, _ = certificates.read_names(tmp_path / "names.xlsx")
    assert people == [certificates.Person("Nguyễn Thị Hồng Nhung", "Đà Nẵng")]
    (tmp_path / "names.xlsx").write_bytes(b"PK broken")
    with pytest.raises(InputError, match="is not a workbook that can be read"):
        certificates.read_names(tmp_path / "names.xlsx")


@pytest.mark.parametrize("text", ["", "name\n", '"open'])
def test_a_list_without_names_is_refused(tmp_path, text):
    with pytest.raises(InputError):
        names(tmp_path, text)


def test_a_script_without_a_font_is_told_with_the_package_to_install():
    people = [certificates.Person(name) for name in ("สมชาย", "김하늘", "محمد", "Ada", "이슬")]
    told = certificates.without_font(people, lambda language: language == "ar")
    assert len(told) == 2
    assert "Korean letters, so 2 certificates (김하늘 ...)" in told[0] and "fonts-noto-cjk" in told[0]
    assert "Thai letters, so 1 certificate (สมชาย)" in told[1] and "fonts-thai-tlwg" in told[1]
    assert certificates.without_font(people, lambda language: True) == []
    assert certificates.without_font([certificates.Person("Zoë Łuk")], lambda language: False) == []


def test_a_machine_that_cannot_list_its_fonts_is_no_hindrance(monkeypatch):
    monkeypatch.setattr(certificates.shutil, "which", lambda program: None)
    assert certificates.without_font([certificates.Person("สมชาย")]) == []
    monkeypatch.setattr(certificates.shutil, "which", lambda program: "/no/such/fc-list")
    assert certificates.without_font([certificates.Person("สมชาย")]) == []


@needs_browser
def test_every_line_to_sign_on_stays_inside_the_frame(tmp_path, tab):
    facts = {"title": "T", "place": "P", "dates": "D", "modules": ["M"], "organiser": "O", "language": "fr"}
    signed = ["Le directeur de la formation", "L'animatrice", "La ministre"]
    made = certificates.page([certificates.Person("Ada")], hours=5.4, signed_by=signed, **facts)
    tab.goto(made.save(tmp_path / "certificate.html").as_uri())
    tab.set_viewport_size({"width": 1280, "height": 900})
    frame = tab.locator(".certificate").bounding_box()
    lines = [one.bounding_box() for one in tab.locator(".signs div").all()]
    assert len(lines) == 4
    assert all(
        frame["x"] + 40 < one["x"] < one["x"] + one["width"] < frame["x"] + frame["width"] - 40
        for one in lines
    )
    assert "5,4 heures" in tab.locator(".modules").inner_text()
    # Paper is narrower than a laptop in pixels, and no phone.
    tab.set_viewport_size({"width": 900, "height": 720})
    tab.emulate_media(media="print")
    assert len({one.bounding_box()["y"] for one in tab.locator(".signs div").all()}) == 1
    tab.emulate_media(media="screen")
    tab.set_viewport_size({"width": 1280, "height": 720})


def test_one_page_for_each_certificate_even_for_long_names():
    from cleanworks import paper

    people = [certificates.Person("Ada"), certificates.Person("Wolfeschlegelstein" * 11)]
    page = certificates.page(people, title="T " * 40, place="P", dates="D", modules=["Module"] * 20, hours=12)
    assert handouts.pages(paper.pdf(page.html)) == 2


def test_a_deck_has_at_most_a_slide_for_a_minute_and_a_half(node, lesson):
    for teach in (15, 30, 45):
        made = slides.deck(node, lesson.block, teach=teach)
        assert 1 < len(made.slides) <= teach / slides.MINUTES
    # What is not on the wall is in the notes.
    assert "point 19" in "".join(note for slide in made.slides for note in slide.notes) + "".join(
        b.html for s in made.slides for b in s.blocks
    )


def shown(*cells) -> list[slides.Slide]:
    """The slides of cells under one heading, after the first slide."""
    lesson = Course.load(Path(__file__).parent / "course").lessons[0]
    head = nbformat.v4.new_markdown_cell("## Step 1. Look")
    return list(slides.deck(nbformat.v4.new_notebook(cells=[head, *cells]), lesson.block).slides[1:])


def test_a_picture_stands_with_the_lines_around_it():
    drawn = nbformat.v4.new_output("display_data", data={"image/png": "iVBORw0KGgo="})
    before, after = (nbformat.v4.new_markdown_cell(text) for text in ("How many are late?", "Most are not."))
    (slide,) = shown(before, nbformat.v4.new_code_cell("draw()", outputs=[drawn]), after)
    html = "".join(block.html for block in slide.blocks)
    assert html.index("How many") < html.index("<img") < html.index("Most are not")


def test_printed_columns_and_lists_of_terms_are_tables():
    printed = nbformat.v4.new_output("stream", text="paid in time:  40 days\npaid late:     12 days\n")
    terms = nbformat.v4.new_markdown_cell("- **Ordinary account**: it mixes. More.\n- **Escrow**: it waits.")
    html = "".join(
        b.html for s in shown(terms, nbformat.v4.new_code_cell("x", outputs=[printed])) for b in s.blocks
    )
    assert html.count("<table") == 2
    assert '<th scope="row">Escrow</th><td>it waits.</td>' in html
    assert "<td>12 days</td>" in html


@pytest.mark.parametrize(
    ("printed", "cells", "never"),
    [
        ("2014-2015    495\n2018         318\nName: cases, dtype: int64", ["2018", "318", "cases"], "dtype"),
        (
            "year\n2011    309\n2012    326\n\nyear\n2013    883\n2015   1378\n",
            ["309", "1378", "year"],
            "output",
        ),
        ("level: outcome\nresult: Users\ntarget: 1.6\nrisks: \n", ["outcome", "1.6"], 'class="output"'),
    ],
)
def test_what_pandas_prints_is_a_table_too(printed, cells, never):
    cell = nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("stream", text=printed)])
    html = "".join(block.html for slide in shown(cell) for block in slide.blocks)
    assert all(f">{one}<" in html for one in cells)
    assert "<table" in html and never not in html


def test_a_page_that_a_lesson_makes_shows_its_table_on_the_wall():
    from cleanworks import paper

    page = paper.Page("Grades", "<p>Words.</p><table><tr><td>A</td><td>7</td></tr></table>")
    output = nbformat.v4.new_output(
        "display_data", data={"text/html": page._repr_html_(), "text/plain": "Page"}
    )
    html = "".join(b.html for s in shown(nbformat.v4.new_code_cell("x", outputs=[output])) for b in s.blocks)
    assert "<strong>Grades</strong>" in html and "<td>A</td>" in html and "Words" not in html


def test_the_first_slide_draws_the_way_with_its_minutes(node, lesson):
    first = slides.page(slides.deck(node, lesson.block)).split("</section>")[0]
    assert 'role="img" aria-label="The way through the lesson, in minutes: The decision' in first


def test_every_section_keeps_a_slide():
    """What asks nothing may be said instead of shown, but a section that nobody sees is a hole in the hour."""
    lesson = Course.load(ROOT).lesson("o1")
    node = lesson.notebook.node
    headings = {found for cell in node.cells for found in re.findall(r"^## (.+)", cell.source, re.MULTILINE)}
    shown = {slide.section for slide in slides.deck(node, lesson.block).slides}
    assert len(headings) > 8 and headings - shown == {"For instructors"}


def told_shares(folder: Path, lessons) -> dict[str, float]:
    """Of the decks of executed lessons: the share of slides that show something; the questions of the quiz do not count."""
    made = {}
    for one in lessons:
        node = nbformat.read(folder / one.path.resolve().relative_to(ROOT), 4)
        timed = "\n".join(cell.source for cell in one.notebook.with_tag("instructor"))
        made[one.id] = slides.shown_share(slides.deck(node, one.block, timed=timed).slides)
    return made


ROOT = Path(__file__).resolve().parents[2]


def test_every_other_slide_shows_a_picture_or_a_table(executed):
    lessons = [one for one in Course.load(ROOT).lessons if one.id in ("c6", "w1")]
    shares = told_shares(executed(None)[0], lessons)
    assert {id: share for id, share in shares.items() if share < slides.SHARE} == {}


@pytest.mark.everything
def test_no_module_speaks_from_slides_of_words_alone(executed):
    shares = told_shares(executed(None)[0], Course.load(ROOT).lessons)
    assert {id: share for id, share in shares.items() if share < slides.SHARE} == {}


def test_a_list_of_questions_keeps_its_questions(lesson):
    cell = nbformat.v4.new_markdown_cell(
        "## Predict\n\n1. All payments are visible.\n   How many are late?\n2. One is missing.\n   Nobody asks."
    )
    made = slides.deck(nbformat.v4.new_notebook(cells=[cell]), lesson.block)
    shown = "".join(block.html for slide in made.slides for block in slide.blocks)
    assert "How many are late?" in shown and "Nobody asks" not in shown


def test_one_line_that_asks_nothing_gets_no_slide_of_its_own(lesson):
    cells = [nbformat.v4.new_markdown_cell(f"## Step {n}\n\nOne line.") for n in range(3)]
    cells.append(nbformat.v4.new_markdown_cell("## Step 9\n\nOne line?"))
    made = slides.deck(nbformat.v4.new_notebook(cells=cells), lesson.block)
    assert [slide.title for slide in made.slides if slide.kind != "first"] == ["Step 9"]


def test_a_section_that_would_show_one_sentence_shows_its_paragraph(lesson):
    """And where the section has other slides, the sentence is said."""
    said = "You advise a minister who has money for one reform, and who asks you on Monday."
    cells = [
        f"## The decision\n\n{said}\nThree colleagues have three favourites.",
        "## Step 1\n\nWhat is late?",
    ]
    cells += [f"### More\n\n{said} Twice.", "### A table\n\n| a | b |\n|---|---|\n| 1 | 2 |"]
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(cell) for cell in cells])
    shown = [re.sub("<[^>]+>", "", "".join(b.html for b in one.blocks)) for one in slides.deck(node, lesson.block).slides]  # fmt: skip
    assert any("Three colleagues" in one for one in shown)
    assert not any(one.strip().endswith("Twice.") and "?" not in one for one in shown)


def test_a_list_that_needs_two_slides_leaves_none_with_one_line(lesson):
    """Five points of three lines each: three and two, and not four and one."""
    points = "\n".join(f"- Point {n}: " + "late money empties a sound account, " * 4 for n in range(5))
    cell = nbformat.v4.new_markdown_cell(f"## Key points\n\n{points}")
    made = slides.deck(nbformat.v4.new_notebook(cells=[cell]), lesson.block, teach=30).slides[1:]
    assert [sum(block.html.count("<li>") for block in slide.blocks) for slide in made] == [3, 2]


def test_a_handout_in_another_language_has_its_sections_full(lesson):
    said = {"The decision": "La décision", "Key points": "Points clés", lesson.title: "Mesurer la pluie"}
    node = nbformat.from_dict(lesson.notebook.node)
    for cell in node.cells:
        for text, other in said.items():
            cell.source = cell.source.replace(f"## {text}", f"## {other}")
    context = handouts.Context(
        {"rain2001": "Rain Office (2001)"}, "fr", said, ("The public page is PPP (a made-up name).",)
    )
    html = handouts.handout(node, lesson.block, {}, context).html
    english = handouts.handout(lesson.notebook.node, lesson.block).html
    assert re.search("<h2>La décision</h2>\\s*<p>", html) and "<h2>Points clés</h2>" in html
    assert "Mesurer la pluie" in html
    assert (
        "Rain Office (2001)" in html
        and "rain2001" not in html
        and "La page publique est PPP (un nom inventé)." in html
        and 'lang="fr"' in html
    )
    assert html.count("<p>") >= english.count("<p>")


def test_forms_speak_the_workshop_s_language(course):
    known = Course.load(course)
    test = forms.draw(known.lessons)
    key = Key.of("day", "Une journée", known.lessons, test)
    page = forms.test_page(test, key, "before", "fr").html
    assert (
        "Avant l'atelier" in page.replace("&#x27;", "'")
        and "Enregistrer mes réponses" in page
        and 'lang="fr"' in page
    )
    assert "Save my answers" not in page and "Your code" not in page
    printed = forms.printed_evaluation(key, "ko").html
    assert "여러분의 의견" in printed and "Statement" not in printed
    assert 'dir="rtl"' in forms.printed_test(test, key, "after", "A", "ar").html


def test_a_test_that_a_workshop_hands_out_takes_ten_minutes():
    known = Course.load(Path(__file__).resolve().parents[2]).lessons
    test = forms.draw(known, most=forms.IN_A_WORKSHOP)
    assert {len(test.orders[form]) for form in forms.FORMS} == {12}
    assert forms.IN_A_WORKSHOP * forms.SECONDS <= 10 * 60


@pytest.mark.parametrize(
    "text",
    ["Full name,Org\nA B,X\n", "participant\nA B\n", "Surname;First\nB;A\n", "Full name\tOrg\nA B\tX\n"],
)
def test_a_heading_that_is_not_understood_is_refused_with_its_columns(tmp_path, text):
    with pytest.raises(InputError, match="not understood; it has the columns: ") as error:
        names(tmp_path, text)
    assert (
        text.split("\n")[0].replace("\t", ", ").replace(";", ", ").replace(",", ", ").replace(",  ", ", ")
        in error.value.message
    )


def test_lists_between_tabs_and_with_other_columns_are_read(tmp_path):
    people, told = names(tmp_path, "Name\tOrganization\tE-mail\nAda\tX\ta@x\n")
    assert people == [certificates.Person("Ada", "X")] and told == [
        "Columns that no certificate shows: E-mail."
    ]


def test_a_certificate_has_logo_place_to_sign_and_its_language(tmp_path):
    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    html = certificates.page(
        [certificates.Person("Ada")], title="T", place="Gulu", dates="14 décembre 2026", modules=["M"], hours=3.5,
        organiser="Ministère", language="fr", logo=logo, signed_by=["B. Directeur", "C. Formateur"],
    ).html  # fmt: skip
    for words in (
        "Attestation",
        "a suivi cet atelier",
        "Lieu et date",
        "B. Directeur",
        "C. Formateur",
        "data:image/svg+xml;base64",
        "Organisé par",
    ):
        assert words in html
    assert "Certificate" not in html and "No examination" not in html
    with pytest.raises(InputError, match="no such logo"):
        certificates.page(
            [certificates.Person("Ada")],
            title="T",
            place="P",
            dates="D",
            modules=[],
            hours=1,
            logo=tmp_path / "none.png",
        )
