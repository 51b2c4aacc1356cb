"""A class over real connections: sixty browsers, one that is hostile, a restart, and a secret that stays one."""

from __future__ import annotations

import asyncio
import json
import random
import re
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import segno

from cleanworks.errors import InputError
from cleanworks.learn import CheckSet, Correct, NotYet, sharing
from cleanworks.workshop.board import class_command, class_server
from cleanworks.workshop.board.room import BURST
from tests.workshop.board.conftest import SECRET_NOTE, Browser


async def events(browser: Browser, board: str, wanted) -> dict:
    """The first board of the stream that fits."""
    found, rest = asyncio.get_running_loop().create_future(), b""

    def read(chunk: bytes) -> None:
        nonlocal rest
        *whole, rest = (rest + chunk).split(b"\n\n")
        for one in whole:
            told = json.loads(one.removeprefix(b"data: "))
            if wanted(told) and not found.done():
                found.set_result(told)

    listening = asyncio.ensure_future(
        browser.client.fetch(board + "events", streaming_callback=read, request_timeout=30, raise_error=False)
    )
    try:
        return await asyncio.wait_for(found, 25)
    finally:
        listening.cancel()


def test_a_class_may_be_encrypted_with_a_certificate_of_one_s_own(in_class, tmp_path):
    openssl = shutil.which("openssl") or pytest.skip("Install openssl, which makes the certificate.")
    files = {"-keyout": str(tmp_path / "key.pem"), "-out": str(tmp_path / "certificate.pem")}
    made = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]  # fmt: skip
    subprocess.run(
        [*made, *(part for pair in files.items() for part in pair)], check=True, capture_output=True
    )

    async def scenario(served):
        browser = Browser(served.address)
        status, page = await browser.ask("", ca_certs=files["-out"])
        assert served.address.startswith("https://") and status == 200 and b"Rain in a day" in page
        with pytest.raises(ssl.SSLCertVerificationError):  # a browser that does not know it warns
            await browser.ask("")

    in_class(scenario, tls=class_command._tls(Path(files["-out"]), Path(files["-keyout"])))


def test_sixty_learners_and_the_board_is_right(in_class):
    async def scenario(served):
        browsers = [Browser(served.address) for _ in range(60)]
        names = [
            told["name"]
            for told in await asyncio.gather(*(b.join(share=n % 10 != 9) for n, b in enumerate(browsers)))
        ]
        assert len(set(names)) == 60
        pages = await asyncio.gather(*(b.ask("kit/book/") for b in browsers))
        assert {status for status, _ in pages} == {200}
        sharing = [b for n, b in enumerate(browsers) if n % 10 != 9]

        async def work(number: int, browser: Browser) -> None:
            if number < 20:
                assert (await browser.check("not-yet", mistake=number % 2, hints=1))[0] == 200
                assert (await browser.check("correct", hints=1))[0] == 200
            elif number < 30:
                for _ in range(3):
                    assert (await browser.check("not-yet", mistake=1))[0] == 200
            elif number < 45:
                assert (await browser.check("raised"))[0] == 200

        await asyncio.gather(*(work(n, b) for n, b in enumerate(sharing)))
        await browsers[0].ask("class/hand", {"yes": True})
        await browsers[9].ask("class/ask", {"text": "Why is <b>zero</b> a value?"})
        board = await events(browsers[0], served.board, lambda told: told["hands"] and told["questions"])
        first = board["exercises"][0]
        counted = {state: len(who) for state, who in first["names"].items()}
        assert counted == {"done": 20, "trying": 15, "stuck": 10, "not begun": 9}
        assert (first["mistake"]["people"], first["mistake"]["said"]) == (20, "That is the mean.")
        assert (board["people"], board["sharing"], first["hints"]) == (60, 54, 20)
        assert board["hands"][0]["name"] == names[0]
        assert board["questions"][0]["text"] == "Why is <b>zero</b> a value?"
        return served.board, counted

    board, counted = in_class(scenario)

    async def again(served):
        assert served.board.partition("/board/")[2] == board.partition("/board/")[2]
        told = await events(Browser(served.address), served.board, lambda told: True)
        assert {state: len(who) for state, who in told["exercises"][0]["names"].items()} == counted

    in_class(again)


def test_a_hostile_browser_changes_nothing_but_its_own_line(in_class):
    # Ten thousand of such messages are refused in test_room.py; here some of each kind take the whole way.
    chance = random.Random(7)
    rubbish = [
        {"workshop": "snow"},
        {"question": "r1-e1\u0000"},
        {"question": {"$ne": None}},
        {"outcome": "correct" * 50},
        {"mistake": 99},
        {"hints": 10**30},
        {"hints": float("nan")},
        {"who": "someone"},
    ]

    async def scenario(served):
        good, bad, stranger = (Browser(served.address) for _ in range(3))
        await good.join("Good")
        await good.check("correct")
        await bad.join("Bad")
        before = served.room.board()
        refused: set[int] = set()

        async def attack(number: int) -> None:
            kind = number % 5
            if kind == 0:  # nobody
                refused.add((await stranger.check("correct"))[0])
            elif kind == 1:  # of no form
                refused.add((await bad.check(**{"outcome": "correct", **chance.choice(rubbish)}))[0])
            elif kind == 2:  # no JSON, or of another kind
                body = chance.choice([b"", b"{", b"[" * 3000, b"\xff\xfe", b"[]", b"null", b'{"yes": 1}'])
                refused.add(
                    (await bad.ask(f"class/{chance.choice(['check', 'hand', 'ask', 'share'])}", body))[0]
                )
            elif kind == 3:  # a form of another site
                headers = {"Content-Type": "text/plain"}
                refused.add((await bad.ask("class/hand", b'{"yes": true}', headers=headers))[0])
            else:  # repeated
                await bad.check("not-yet", mistake=0)

        for start in range(0, 200, 50):
            await asyncio.gather(*(attack(n) for n in range(start, start + 50)))
        assert refused <= {400, 403, 409, 415, 429}
        after = served.room.board()
        lines = {one["name"]: one for one in after["names"]}
        assert set(lines) == {"Good", "Bad"} and lines["Good"] == before["names"][0]
        names = after["exercises"][0]["names"]
        assert (names["done"], names["stuck"]) == (["Good"], ["Bad"])
        assert (after["hands"], after["questions"]) == ([], [])
        # No line for what was refused, and of what was repeated only as much as a person could press.
        assert len(served.room.journal.path.read_text(encoding="utf-8").splitlines()) <= 4 + BURST

    in_class(scenario, clock=lambda: 1_795_000_000.0)


def test_what_is_too_large_is_cut_off_and_the_class_goes_on(in_class):
    async def scenario(served):
        browser = Browser(served.address)
        await browser.join("Reef")
        before = served.room.version
        for body in (b"x" * 5000, b'{"text": "' + b"a" * 5_000_000 + b'"}'):
            try:
                status, _ = await browser.ask("class/ask", body)
            except Exception as error:  # the server hung up in the middle
                assert "HTTP 599" in str(error) or "closed" in str(error).lower()
            else:
                assert status >= 400
        assert (await browser.ask("class/ask", {"text": "가" * 301}))[0] == 400
        assert served.room.version == before
        assert (await browser.ask("class/ask", {"text": "가" * 300}))[0] == 200

    in_class(scenario)


def test_the_secret_is_on_no_page_of_a_learner(in_class):
    async def scenario(served):
        browser = Browser(served.address)
        paths = [
            "",
            "kit/book/",
            "kit/book/index.html",
            "class/me",
            "class/class.js",
            "class/class.css",
            "class/board.js",
            "class/board.css",
            "nothing",
        ]
        bodies = [json.dumps(await browser.join("Reef")), json.dumps((await browser.check())[1])]
        for path in paths:
            _, content = await browser.ask(path)
            bodies.append(content.decode() if isinstance(content, bytes) else json.dumps(content))
        assert not [body for body in bodies if served.room.secret in body]
        assert not [body for body in bodies if "wettest day" in body]  # words of a prepared mistake
        for wrong in ("x" * 32, served.room.secret[:-1], served.room.secret + "a"):
            for page in ("", "events", "class.json"):
                assert (await browser.ask(f"board/{wrong}/{page}"))[0] == 404
            assert (await browser.ask(f"board/{wrong}/do", {"act": "day", "value": 1}))[0] == 404
        status, page = await browser.ask(served.board.removeprefix(served.address))
        assert status == 200 and b"board.js" in page

    in_class(scenario)


def test_a_phone_can_read_the_address_from_the_board_and_from_the_terminal(in_class, capsys):
    async def scenario(served):
        _, page = await Browser(served.address).ask(served.board.removeprefix(served.address))
        drawn = re.search(rb'<div id="qr"><svg.*? d="([^"]+)"', page, re.DOTALL)
        assert drawn, "no code on the board"
        wanted = segno.make(served.address, error="m")
        assert drawn[1].decode() in wanted.svg_inline(scale=4, dark="#000", light="#fff", omitsize=True)

    in_class(scenario)
    class_command._print_qr("http://192.168.7.20:8000/")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 10 and len({len(line) for line in lines}) == 1, "no square of signs"


@pytest.mark.parametrize(
    "path",
    [
        "kit/../instructor/notes.html",
        "kit/%2e%2e/instructor/notes.html",
        "kit/..%2finstructor%2fnotes.html",
        "kit//etc/passwd",
        "kit/book/%00",
        "download/rain-class.jsonl",
        "download/rain/instructor/notes.html",
        "class/class.py",
        "class/../room.py",
    ],
)
def test_only_the_learners_folder_is_served(in_class, path):
    async def scenario(served):
        served.room.join("Reef", True)  # the journal is there, and holds the secret
        status, content = await Browser(served.address).ask(path)
        assert status in (400, 403, 404) and SECRET_NOTE.encode() not in content

    in_class(scenario)


def test_pages_carry_the_script_and_other_files_are_as_they_were(in_class, built):
    async def scenario(served):
        browser = Browser(served.address)
        _, page = await browser.ask("kit/book/index.html")
        assert page == b'<html><body><h1>Book</h1><script src="/class/class.js" defer></script></body></html>'
        assert (await browser.ask("kit/data.bin"))[1] == (built.learner / "data.bin").read_bytes()
        assert (await browser.ask("download/rain-learner.zip")) == (200, b"PK")
        assert b"rain-learner.zip" in (await browser.ask(""))[1]

    in_class(scenario)


def test_the_board_saves_one_file_for_the_evaluation(in_class):
    async def scenario(served):
        browser = Browser(served.address)
        await browser.join("A name")
        await browser.check("not-yet", mistake=1, hints=2)
        _, told = await browser.ask(served.board.removeprefix(served.address) + "class.json")
        (lessons,) = told["records"]
        entry = lessons["r1"]["exercises"]["r1-e1"]
        assert (entry["outcome"], entry["checks"], entry["hints"]) == ("not-yet", 1, 2)
        assert "A name" not in json.dumps(told)

    in_class(scenario)


def test_a_workshop_that_is_not_built_and_a_port_that_is_taken(tmp_path):
    with pytest.raises(InputError, match="not built") as error:
        class_server.Built.find("uganda", tmp_path)
    assert "workshop build uganda" in error.value.message
    taken = class_server.bound("127.0.0.1", 0)
    with pytest.raises(InputError, match="--port 8080"):
        class_server.bound("127.0.0.1", taken[0].getsockname()[1])
    for one in taken:
        one.close()


@pytest.mark.parametrize("language", ["fr", "ko", "ar"])
def test_learners_are_spoken_to_in_the_language_of_the_workshop(in_class, outline, language):
    from cleanworks import words

    async def scenario(served):
        served.room.outline = served.room.outline.model_copy(update={"language": language})
        browser = Browser(served.address)
        _, script = await browser.ask("class/class.js")
        about, _, program = script.decode().partition(";\n")
        told = json.loads(about.partition(" = ")[2])["words"]
        # Every text of the script has its translation with it: those in say("..."), and the long one that has a name.
        texts = re.findall(r'say\("([^"]+)"\)', program) + re.findall(r'WHAT = "([^"]+)"', program)
        assert len(texts) > 12 and [text for text in texts if text not in told] == []
        _, page = await browser.ask("")
        assert words.say("Open the book", language) in page.decode()
        assert f'lang="{language}" dir="{words.direction(language)}"' in page.decode()

    in_class(scenario)


def test_a_notebook_of_a_learner_who_agreed_is_on_the_board(served, monkeypatch):
    """As in a JupyterHub: no page, only the environment says where the class is and as whom to speak."""
    browser = Browser(served.address)
    asyncio.run(browser.join("Lake"))
    check = CheckSet("r1")

    @check.question("r1-e1", "total")
    def total(total):
        return Correct("Right.") if total == 7 else NotYet("That is the mean.")

    @check.question("r1-e9", "total")
    def elsewhere(total):
        return Correct("This workshop has no such question.")

    monkeypatch.setenv(sharing.CLASS, served.address)
    monkeypatch.setenv(sharing.TICKET, browser.cookie.partition("=")[2])
    for question, answer in (("r1-e1", 3), ("r1-e1", 7), ("r1-e9", 7)):
        check(question, {"total": answer})
    sharing._senders[served.address, browser.cookie.partition("=")[2]].join()
    (person,) = served.room.people.values()
    assert set(person.attempts) == {"r1-e1"}
    attempt = person.attempts["r1-e1"]
    assert (attempt.outcome, attempt.tries, attempt.mistakes) == ("correct", 2, {1})


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/", "", "file:///etc/", "http://[", "nonsense"])
def test_a_class_that_is_away_changes_nothing_for_the_learner(monkeypatch, address):
    check = CheckSet("r1")
    check.question("r1-e1", "total")(lambda total: Correct("Right."))
    monkeypatch.setenv(sharing.CLASS, address)
    monkeypatch.setenv(sharing.TICKET, "none")
    assert check("r1-e1", {"total": 7}).kind == "correct"
    for sender in sharing._senders.values():
        sender.join()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows counts sockets in another way.")
def test_a_room_of_sixty_may_have_all_its_connections():
    """On macOS a program begins with 256 files, and each of sixty browsers opens up to six connections."""
    code = """
import resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
from cleanworks.workshop.board.class_command import _allow_connections
_allow_connections()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 360
