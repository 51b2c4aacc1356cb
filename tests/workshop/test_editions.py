"""Who gets what, and that nothing of a solution reaches a learner."""

from __future__ import annotations

import base64
import binascii
import bz2
import codecs
import copy
import gzip
import html
import json
import lzma
import marshal
import pickle
import zlib

import nbformat
import pytest
from nbformat.v4 import new_output

from cleanworks.workshop import editions
from cleanworks.workshop.editions import edition, leaks
from cleanworks.workshop.notebook import dump, read
from tests.workshop.conftest import lesson_path, set_path

ANSWER = b'total = rain["mm"].sum()'
CODED = {
    "base32": base64.b32encode(ANSWER).decode(),
    "base85": base64.b85encode(ANSWER).decode(),
    "rot13": codecs.encode(ANSWER.decode(), "rot13"),
    "rot47": "".join(chr(33 + (code + 14) % 94) if code > 32 else " " for code in ANSWER),
    "mirrored": "".join(chr(219 - code) if 96 < code < 123 else chr(code) for code in ANSWER),
    "mixed": bytes(code ^ 0xAA for code in ANSWER).hex(),
    "mixed-base64": base64.b64encode(bytes(code ^ 0x2A for code in ANSWER)).decode(),
    "moved-numbers": ", ".join(str(code + 7) for code in ANSWER),
    "braille": "".join(chr(0x2800 + code) for code in ANSWER),
    "octal": " ".join(f"{code:03o}" for code in ANSWER),
    "one-number": str(int.from_bytes(ANSWER)),
    "characters": "+".join(f"chr({code})" for code in ANSWER),
    "uuencode": f"begin 644 a\n{binascii.b2a_uu(ANSWER).decode()}`\nend",
    "look-alikes": ANSWER.decode().translate(str.maketrans("ao", "ао")),
    "joined-by-nothing": "\u2063".join(ANSWER.decode()),
    "struck-through": "\u0336".join(ANSWER.decode()),
    "invisible": "".join(chr(0xE0000 + code) for code in ANSWER),
    "one-letter-on-a-line": "\n".join(ANSWER.decode()),
    "backwards": ANSWER.decode()[::-1],
    "packed": base64.b64encode(zlib.compress(ANSWER)).decode(),
    "packed-without-head": base64.b64encode(zlib.compress(ANSWER)[2:]).decode(),
    "gzip": gzip.compress(ANSWER, mtime=0).hex(),
    "bzip2": base64.b64encode(bz2.compress(ANSWER)).decode(),
    "xz": base64.b32encode(lzma.compress(ANSWER)).decode(),
    "utf-16": base64.b64encode(ANSWER.decode().encode("utf-16-le")).decode(),
    "twice": base64.b64encode(base64.b64encode(ANSWER)).decode(),
    "thrice": base64.b64encode(base64.b64encode(base64.b64encode(ANSWER))).decode(),
    "five-codings": base64.b85encode(
        base64.b64encode(zlib.compress(base64.b32encode(base64.b64encode(ANSWER.hex().encode()))))
    ).decode(),
    "every-second-letter": "".join(chr(letter) + "xq7"[at % 3] for at, letter in enumerate(ANSWER)),
    "every-third-letter": "".join("q" + chr(letter) + "7" for letter in ANSWER),
    "digits-for-letters": ANSWER.decode().translate(str.maketrans("oais", "0415")),
    "capitals": ANSWER.decode().upper(),
    "mixed-with-a-word": bytes(code ^ b"springwater"[at % 11] for at, code in enumerate(ANSWER)).hex(),
    "moved-by-a-word": base64.b64encode(
        bytes((code + b"secret"[at % 6]) % 256 for at, code in enumerate(ANSWER))
    ).decode(),
    "hex-backwards": ANSWER.hex(" ")[::-1],
    "numbers": ", ".join(map(str, ANSWER)),
    "hex-numbers": ", ".join(map(hex, ANSWER)),
    "bits": " ".join(f"{code:08b}" for code in ANSWER),
    "quoted-printable": "".join(f"={code:02X}" for code in ANSWER),
}
"""One line of an answer in the codings that the search undoes."""


def tags(node) -> set[str]:
    return {tag for cell in node.cells for tag in cell.metadata.get("tags", [])}


@pytest.fixture
def lesson(course):
    return read(lesson_path(course)).node


@pytest.fixture
def exercises(course):
    return read(set_path(course)).node


def test_the_source_stays_as_it_was(exercises):
    before = copy.deepcopy(exercises)
    for audience in ("reader", "learner", "instructor"):
        edition(exercises, audience)
    assert exercises == before


def test_a_reader_gets_solutions_but_no_wrong_answers_and_no_notes(exercises, lesson):
    assert "solution" in tags(edition(exercises, "reader"))
    assert "wrong-answer" not in tags(edition(exercises, "reader"))
    made = edition(lesson, "reader")
    assert "instructor" not in tags(made)
    assert "[x]" in dump(made) and "Nothing is known" in dump(made)


def test_a_learner_gets_no_solution_no_key_and_no_feedback(exercises, lesson):
    made = edition(exercises, "learner")
    assert tags(made) == {"exercise", "starter", "hint", "check"}
    text = dump(edition(lesson, "learner"))
    assert "[x]" not in text and "nothing is known" not in text and "instructor" not in text
    assert "- [ ] Nobody measured." in text


def test_a_learner_gets_no_stored_outputs(exercises):
    exercises.cells[1].outputs = [{"output_type": "stream", "name": "stdout", "text": "secret"}]
    assert "secret" not in dump(edition(exercises, "learner"))


def test_an_instructor_sees_the_check_after_the_solution_and_after_each_wrong_answer(exercises):
    made = edition(exercises, "instructor")
    ids = [cell.id for cell in made.cells]
    for id in ("r1-e1-solution", "r1-e1-wrong-answer", "r1-e1-wrong-answer-2"):
        after = made.cells[ids.index(id) + 1]
        assert after.source == 'check("r1-e1")' and after.metadata.cleanworks.generated
    assert len(set(ids)) == len(ids)


def test_editions_are_valid_notebooks(exercises):
    import nbformat

    for audience in ("reader", "learner", "instructor"):
        nbformat.validate(edition(exercises, audience))


def test_an_unknown_audience(lesson):
    with pytest.raises(ValueError, match="reader, learner, instructor"):
        edition(lesson, "public")


class TestLeaks:
    def test_the_learners_edition_gives_nothing_away(self, exercises):
        assert leaks(dump(edition(exercises, "learner")), exercises) == []

    def test_the_readers_edition_does(self, exercises):
        found = leaks(dump(edition(exercises, "reader")), exercises)
        assert {leak.question for leak in found} == {"r1-e1", "r1-e2"}
        assert found[0].text == 'total_mm = week["mm"].sum()'

    @pytest.mark.parametrize(
        "artefact",
        [
            'total_mm=week["mm"]  .sum()',
            "<!doctype html><p>Try <code>total_mm</code> = week[&quot;mm&quot;].sum()</p>",
            "The sum leaves the missing Wednesday out, so it is the **rain** of six measured days.",
        ],
    )
    def test_spaces_marks_and_pages_do_not_hide_a_line(self, exercises, artefact):
        assert leaks(artefact, exercises)

    def test_a_line_inside_a_longer_word_is_no_leak(self, exercises):
        assert leaks('max_total_mm = bi_week["mm"].sum()', exercises) == []

    def test_lines_of_starter_lesson_and_imports_are_no_leaks(self, exercises, lesson):
        solution = next(cell for cell in exercises.cells if cell.id == "r1-e1-solution")
        solution.source = "import math\ntotal_mm = ...\nweek\n)"
        made = dump(edition(exercises, "learner")) + "import math"
        assert leaks(made, exercises) == []
        solution.source = 'total_mm = week["mm"].sum()'
        assert leaks(dump(edition(lesson, "learner")), exercises, taught=[lesson]) == []

    def test_outputs_and_metadata_count(self, exercises):
        made = edition(exercises, "learner")
        made.cells[1].outputs = [
            {"output_type": "stream", "name": "stdout", "text": 'measured_days = set(with_value["day"])\n'}
        ]
        assert [leak.question for leak in leaks(dump(made), exercises)] == ["r1-e2"]

    @pytest.mark.parametrize(
        "code",
        [
            "total = rain['mm'].sum()",
            'total=rain["mm"]  .sum()',
            'if True:\n    total = (\n        rain["mm"]\n        .sum()\n    )',
        ],
    )
    def test_other_quotes_and_line_breaks_do_not_hide_a_line(self, code):
        source = one_question('total = rain["mm"].sum()')
        assert leaks(a_notebook(code=code), source)

    def test_the_value_alone_gives_the_answer_away(self):
        source = one_question('total = rain["mm"].sum()')
        assert leaks(a_notebook(text="Try `rain['mm'].sum()` here."), source)
        assert not leaks(a_notebook(text="A column has a method `.sum()`."), source)
        # A step on the way is what hints are for: the starter does not leave `column` open.
        steps = one_question('column = rain["millimetres"]\ntotal = column.sum()')
        assert not leaks(a_notebook(text="Take `rain['millimetres']` first."), steps)

    def test_metadata_is_read_as_it_stands_and_not_as_json(self):
        source = one_question('total = rain["mm"].sum()')
        assert leaks(a_notebook(metadata={"note": ['total = rain["mm"].sum()']}), source)

    @pytest.mark.parametrize("place", ["metadata", "attachment", "output", "error", "quotes", "base64"])
    def test_no_corner_of_a_notebook_hides_an_answer(self, place):
        line = 'total = rain["mm"].sum()'
        node = nbformat.reads(a_notebook(code="1 + 1"), as_version=4)
        cell = node.cells[0]
        if place == "metadata":
            node.metadata["note"] = {"remember": line}
        elif place == "attachment":
            cell.attachments = {"a.txt": {"text/plain": base64.b64encode(line.encode()).decode()}}
        elif place == "output":
            cell.outputs = [new_output("display_data", {"application/json": {"said": [line]}})]
        elif place == "error":
            cell.outputs = [new_output("error", ename="E", evalue="", traceback=["----> 1 " + line])]
        elif place == "quotes":
            cell.source = 'print(f\'{rain["""mm"""].sum()}\')\ntotal = rain["""mm"""].sum()'
        else:
            cell.source = f"# {base64.b64encode(line.encode()).decode()}"
        source = one_question(line)
        assert leaks(json.dumps(node), source)
        assert not leaks(a_notebook(code="1 + 1"), source)

    @pytest.mark.parametrize(
        ("kind", "text"),
        [
            ("code", 'total = rain[u"m" + "m"].sum()'),
            ("code", "# total = rain[\n#     'm' 'm'].sum()"),
            ("code", "a = 'total = rain['\nb = '\"mm\"].sum()'"),
            ("code", "a = 'total \\x3d rain[\\x22mm\\x22].sum()'"),
            ("code", "a = '" + b'total = rain["mm"].sum()'.hex() + "'"),
            ("text", "`total` = `rain['mm']`.**`sum()`**"),
            ("text", "`rain['m' 'm'].sum()` is what you look for"),
            ("text", "total = rain[“mm”].sum()"),
            ("text", "total = ra\u200bin['mm'].su\u00adm()"),
            ("text", "total = rain\\['mm'\\].sum()"),
            ("text", "total = rain&#91;&quot;mm&quot;].sum()"),
            ("text", "<b>total</b> = rain[<i>'mm'</i>].sum()"),
            ("text", "<a title=\"total = rain['mm'].sum()\">?</a>"),
            ("text", "[ask](https://example.org/?q=total%20%3D%20rain%5B%22mm%22%5D.sum%28%29)"),
            ("text", "dG90YWwgPSByYWlu\nWyJtbSJdLnN1bSgp"),
            ("note", json.dumps(json.dumps({"said": 'total = rain["mm"].sum()'}))),
            ("note", "rain['m' 'm'].sum()"),
            ("text", "t o t a l = r a i n [ ' m m ' ] . s u m ( )"),
            ("text", "ｔｏｔａｌ = rain['mm'].sum()"),
            ("code", "'tXtal = rYin[_mm_].sum()'.replace('X', 'o').replace('Y', 'a').replace('_', '\"')"),
            ("code", "a = 'tXtal = rain[_mm_].sum()'\na = a.replace('X', 'o')\nb = a.replace('_', '\"')"),
            ("code", "'qqqq)(mus.]\"mm\"[niar = latot'[:3:-1]"),
            ("code", "b'o'\n''.join(['total = rain', '[\"m', 'm\"].sum()'])"),
            ("code", "a = 'rain'\nb = 'total = ' + a + '[' + chr(34) + 'mm' + chr(34) + '].sum()'"),
            ("code", "s = ['total = ra', str(['in[', str('\"mm')]), '\"].sum()']"),
            ("code", "a = '\\x74otal = \\162ain[\\u0022m\\N{LATIN SMALL LETTER M}\\U00000022].sum()'"),
            ("shown", "total \x1b[31m= rain[\x1b[0m'mm'].sum()"),
            *((kind, coded) for kind in ("code", "text", "note", "shown") for coded in CODED.values()),
        ],
    )
    def test_no_way_of_writing_hides_an_answer(self, kind, text):
        node = nbformat.reads(a_notebook(code="1 + 1", text="Nothing."), as_version=4)
        if kind == "code":
            node.cells[0].source = f"a = {text!r}" if text in CODED.values() else text
        elif kind == "text":
            node.cells[1].source = text
        elif kind == "note":
            node.cells[1].metadata["note"] = {"deep": [text]}
        else:
            node.cells[0].outputs = [new_output("stream", text=text)]
        assert leaks(json.dumps(node), one_question('total = rain["mm"].sum()'))

    @pytest.mark.parametrize("coded", CODED.values(), ids=CODED)
    def test_a_coded_answer_in_a_plain_file_or_a_page_is_found(self, coded):
        source = one_question('total = rain["mm"].sum()')
        assert leaks(f"A sentence.\n{coded}\nAnother one.", source)
        assert leaks(f"<!doctype html><p>Look.</p>\n<p>{html.escape(coded)}</p>", source)

    @pytest.mark.parametrize(
        "cells",
        [
            [("markdown", "total = rain["), ("markdown", "'mm'].sum()")],
            [("code", "a = 'total = rain['"), ("code", "b = '\"mm\"].sum()'")],
            [
                ("code", f"print('hello')\na = '{CODED['packed'][:14]}'"),
                ("code", f"b = '{CODED['packed'][14:]}'"),
            ],
        ],
    )
    def test_an_answer_cut_over_two_cells_is_found(self, cells):
        made = [
            nbformat.v4.new_code_cell(text) if kind == "code" else nbformat.v4.new_markdown_cell(text)
            for kind, text in cells
        ]
        source = one_question('total = rain["mm"].sum()')
        assert leaks(json.dumps(nbformat.v4.new_notebook(cells=made)), source)
        assert not leaks(json.dumps(nbformat.v4.new_notebook(cells=made[:1])), source)

    @pytest.mark.parametrize("key", [1, 3, 13, 25])
    def test_a_moved_alphabet_is_found_whatever_the_key_and_its_own_letters_are_not(self, key):
        moved = "".join(
            chr((ord(one) - 97 + key) % 26 + 97) if one.islower() else one
            for one in 'total = rain["mm"].sum()'
        )
        source = one_question('total = rain["mm"].sum()')
        assert leaks(a_notebook(text=f"Read `{moved}` well."), source)
        # The same letters with other signs and digits are other code.
        assert not leaks(
            a_notebook(code='total_mm = rain["mm"].sum(axis=1)', text=moved.replace("[", "(")), source
        )

    @pytest.mark.parametrize("long", [24, 52, 70], ids=["no letter", "a digit", "a letter"])
    @pytest.mark.parametrize(
        "packed",
        [pickle.dumps, marshal.dumps, lambda line: pickle.dumps([line], 0)],
        ids=["pickle", "marshal", "old"],
    )
    def test_a_line_is_found_behind_its_length_whatever_letter_that_looks_like(self, packed, long):
        line = "print(rain['mm'].max())".ljust(long - 1, "#") + "#"
        assert len(line) == long
        text = base64.b64encode(packed(line)).decode()
        assert leaks(a_notebook(text=text), one_question(line))

    def test_what_was_coded_again_and_again_takes_no_long_time(self):
        text = b"a long letter " * 150
        for _ in range(6):
            text = base64.encodebytes(text)
        searched = sum(map(len, editions._ways(text.decode())))
        assert searched < 2_000 * len(text)

    def test_other_numbers_are_another_answer(self):
        source = one_question("total = rain[15:40].sum()")
        assert leaks(a_notebook(code="total = rain[15:40].sum()"), source)
        assert not leaks(a_notebook(code="total = rain[75:40].sum()"), source)

    def test_what_is_packed_a_million_times_smaller_does_no_harm(self):
        bomb = base64.b64encode(zlib.compress(b"x" * 50_000_000)).decode()
        assert not leaks(a_notebook(text=bomb), one_question('total = rain["mm"].sum()'))

    @pytest.mark.parametrize(
        "page",
        [
            "<!-- total = rain['mm'].sum() -->",
            '<p data-answer="total = rain[&quot;mm&quot;].sum()">?</p>',
            '<script type="application/json">{"code": "total = rain[\\"mm\\"].sum()"}</script>',
            "<script>code = 'total\\u0020= rain[\\u0022mm\\u0022].sum()'</script>",
            "<p onclick='say(\"total = rain[&apos;mm&apos;].sum()\")'>?</p>",
            '<a href="#total%20%3D%20rain%5B%27mm%27%5D.sum%28%29">?</a>',
        ],
    )
    def test_what_a_page_does_not_show_is_in_its_source(self, page):
        assert leaks(f"<!doctype html><body>{page}</body>", one_question('total = rain["mm"].sum()'))

    def test_a_broken_artefact_is_read_as_text(self, exercises):
        assert leaks('{"cells": ' + 'total_mm = week["mm"].sum()', exercises)
        assert json.loads(dump(exercises))


def one_question(solution: str):
    """An exercise set of one question whose starter leaves `total` open."""
    from nbformat.v4 import new_code_cell, new_notebook

    def cell(source: str, role: str):
        return new_code_cell(source, metadata={"tags": [role], "cleanworks": {"question": "r1-e1"}})

    return new_notebook(cells=[cell("total = ...", "starter"), cell(solution, "solution")])


def a_notebook(*, code: str = "", text: str = "", metadata: dict | None = None) -> str:
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    from cleanworks.workshop.notebook import dump

    return dump(new_notebook(cells=[new_code_cell(code), new_markdown_cell(text, metadata=metadata or {})]))
