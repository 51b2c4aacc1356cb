"""Everything that the class says is said in the language of the workshop: the board, what is refused, the drawn names."""

from __future__ import annotations

import ast
import json
import random
import re
from pathlib import Path

import pytest

from cleanworks import words
from cleanworks.learn.sharing import mark
from cleanworks.workshop.board import class_server, pseudonyms
from cleanworks.workshop.board.outline import Exercise, Mistake
from cleanworks.workshop.board.room import Room
from cleanworks.workshop.board.room_journal import Journal
from tests.workshop.board.conftest import Browser, make_outline

LANGUAGES = ["fr", "ko", "ar"]
FOLDER = Path(class_server.__file__).parent
NO_WORDS = {"use strict", "Content-Type", "row has-stuck", "left over", "not begun"}
"""Texts of the scripts that look like words and are marks for a browser."""


def texts_of(script: str) -> set[str]:
    """What a script says: every quoted text that looks like words, however it reaches the page."""
    text = re.sub(r"^\s*//.*$", "", (FOLDER / "static" / script).read_text(encoding="utf-8"), flags=re.M)
    quoted = set(re.findall(r'"((?:[^"\\\n]|\\.)*)"', text))
    shown = {
        one for one in quoted if re.match(r"[A-Z][a-z]", one) or re.search(r"[a-z] |[a-z}] [a-z{]|← ", one)
    }
    return shown - NO_WORDS


def refusals() -> set[str]:
    """What the server says to who sends something that it does not take."""
    found = {*class_server._WRONG.values(), class_server._FAILED}
    for name in ("class_server.py", "room.py"):
        for node in ast.walk(ast.parse((FOLDER / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused":
                said = node.args[1]
                parts = said.values if isinstance(said, ast.JoinedStr) else [said]
                found.add("".join(one.value if isinstance(one, ast.Constant) else "300" for one in parts))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("script", "least"), [("board.js", 45), ("class.js", 20)])
def test_no_text_of_a_script_is_without_a_translation(language, script, least):
    texts = texts_of(script)
    assert len(texts) >= least
    known = words.words(language)
    assert sorted(text for text in texts if known.get(text, text) == text and text != "{n} min") == []
    # A sentence that is put together in the script could not be translated.
    text = re.sub(r"\$\{[^}]*\}", "", (FOLDER / "static" / script).read_text(encoding="utf-8"))
    built = re.findall(r"`([^`\n]*)`", text)
    assert [one for one in built if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", one)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_refusal_is_without_a_translation(language):
    texts = refusals()
    assert len(texts) > 18
    assert sorted(text for text in texts if words.say(text, language) == text) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_are_drawn_in_the_language(language):
    things = pseudonyms.things(language)
    assert len(things) == len(set(things)) == len(pseudonyms.THINGS)
    assert len(set(things) & set(pseudonyms.THINGS)) <= 2
    for thing in things:
        name = f"{thing} 12"
        assert pseudonyms.tidy(name) == name
    assert pseudonyms.draw(set(), random.Random(1), things).rpartition(" ")[0] in things


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_server_speaks_the_language(in_class, language):
    async def scenario(served):
        served.room.outline = served.room.outline.model_copy(update={"language": language})
        browser = Browser(served.address)
        _, script = await browser.ask("class/board.js")
        told = json.loads(script.decode().partition(";\n")[0].partition(" = ")[2])["words"]
        assert [text for text in texts_of("board.js") if text not in told] == []
        _, me = await browser.ask("class/me")
        assert me["offer"].rpartition(" ")[0] in pseudonyms.things(language)
        status, said = await browser.ask("class/hand", {"yes": True})
        assert (status, said["said"]) == (403, words.say("Join the class first.", language))
        await browser.join("")
        status, said = await browser.ask("class/ask", {"text": "?"})
        assert status == 400 and "300" in said["said"] and "letters" not in said["said"]
        for nowhere in ("nowhere", "kit/nowhere"):
            status, page = await browser.ask(nowhere)
            assert status == 404 and words.say("There is no such page here.", language) in page.decode()
        _, page = await browser.ask(served.board.removeprefix(served.address))
        assert words.say("The board needs JavaScript.", language) in page.decode()
        assert f'lang="{language}" dir="{words.direction(language)}"' in page.decode()

    in_class(scenario)


def test_what_the_check_says_is_shown_as_the_learner_reads_it(tmp_path):
    said = "Your table has 5 rows. How many projects did the task ask for?"
    exercise = Exercise(id="r1-e1", lesson="r1", title="La somme", mistakes=(Mistake(code="x", said=said),))
    room = Room(make_outline(language="fr", exercises=(exercise,)), Journal(tmp_path / "class.jsonl"))
    who = room.who(room.join("Nuage 7", True)[0])
    room.check(who, {"workshop": "rain", "question": "r1-e1", "outcome": "not-yet", "mistake": 0, "hints": 0})
    assert room.board()["exercises"][0]["mistake"]["said"].startswith("Votre tableau a 5 lignes.")
    assert room.marks == {"r1-e1": [mark(said)]}, "the page recognises the English record"
