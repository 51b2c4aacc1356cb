"""Options of the quiz in the page: an order of its own for each reader, the same on every visit, with "all of these" last."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cleanworks.workshop import pages

SCRIPT = Path(pages.__file__).parent / "static" / "cleanworks.js"


@pytest.fixture
def quiz(tmp_path):
    """A page with twelve questions of four options, the last of which speaks of the others."""
    forms = "".join(
        f'<form class="cw-quiz" id="q1-k{n}"><div role="radiogroup">'
        + "".join(
            f'<div class="cw-option"{" data-fixed" if value == 4 else ""}><label><input type="radio" name="q{n}" value="{value}"></label></div>'
            for value in (1, 2, 3, 4)
        )
        + "</div></form>"
        for n in range(12)
    )
    file = tmp_path / "page.html"
    file.write_text(
        f'<!doctype html><meta name="cleanworks-course" content="tiny"><body>{forms}<script>{SCRIPT.read_text(encoding="utf-8")}</script>',
        encoding="utf-8",
    )
    return file.as_uri()


def _orders(page, address):
    page.goto(address)
    return page.evaluate(
        "[...document.querySelectorAll('form')].map((f) => [...f.querySelectorAll('input')].map((i) => i.value).join(''))"
    )


def test_one_reader_finds_the_same_order_again_and_another_reader_another(browser, quiz):
    readers = []
    for _ in range(3):
        context = browser.new_context()
        page = context.new_page()
        first = _orders(page, quiz)
        # A second visit with what the first one kept. A busy browser may be late to carry it from one page to the next.
        kept = json.dumps(page.evaluate("({...localStorage})"))
        later = browser.new_context()
        later.add_init_script(
            f"for (const [name, value] of Object.entries({kept})) localStorage.setItem(name, value);"
        )
        assert _orders(later.new_page(), quiz) == first
        later.close()
        readers.append(tuple(first))
        context.close()
    assert len(set(readers)) == 3
    for orders in readers:
        assert len(set(orders)) > 2
        assert all(order.endswith("4") and sorted(order) == list("1234") for order in orders)


def test_where_nothing_can_be_kept_the_order_of_the_page_stays(browser, quiz):
    context = browser.new_context()
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('refused'); }})"
    )
    page = context.new_page()
    assert _orders(page, quiz) == ["1234"] * 12
    context.close()
