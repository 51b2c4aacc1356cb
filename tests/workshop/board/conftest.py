"""A workshop that was built, as small as can be, and a server of its class."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import tornado.httpclient

from cleanworks.workshop.board import class_server
from cleanworks.workshop.board.outline import Exercise, Mistake, Module, Outline, Session
from cleanworks.workshop.board.room import Room
from cleanworks.workshop.board.room_journal import Journal

SECRET_NOTE = "Only instructors read this sentence about the gauge."


def make_outline(**changes) -> Outline:
    facts = {
        "workshop": "rain",
        "title": "Rain in a day",
        "place": "Hill Station",
        "language": "en",
        "participants": 60,
        "dates": ("2026-12-02", "2026-12-03"),
        "sessions": tuple(
            Session(day=day, start=start, end=end, kind=kind, title=title, item=item)
            for day in (0, 1)
            for start, end, kind, title, item in (
                (540, 555, "opening", "Welcome", ""),
                (555, 600, "teach", "A gauge", "r1"),
                (600, 630, "practise", "A gauge", "r1"),
                (630, 640, "buffer", "Reserve", ""),
            )
        ),
        "modules": (Module(id="r1", title="A gauge", teach=45, practise=30, kind="module", optional=False),),
        "exercises": (
            Exercise(
                id="r1-e1",
                lesson="r1",
                title="The sum of a week",
                mistakes=(
                    Mistake(code="total = mm.max()", said="That is the wettest day, not the week."),
                    Mistake(code="total = mm.mean()", said="That is the mean."),
                ),
                hints=("Ask what a week is made of.", "Look for `sum`."),
            ),
            Exercise(id="r1-e2", lesson="r1", title="What would you write?", open=True),
        ),
    }
    return Outline(**facts | changes)


@pytest.fixture
def outline() -> Outline:
    return make_outline()


@pytest.fixture
def built(tmp_path, outline) -> class_server.Built:
    """A workshop as `workshop build` leaves it: two pages for learners, a zip, the outline."""
    place = tmp_path / "rain"
    (place / "learner" / "book").mkdir(parents=True)
    (place / "instructor").mkdir()
    (place / "learner" / "book" / "index.html").write_text(
        "<html><body><h1>Book</h1></body></html>", encoding="utf-8"
    )
    (place / "learner" / "data.bin").write_bytes(b"\0" * 1000)
    (place / "instructor" / "notes.html").write_text(SECRET_NOTE, encoding="utf-8")
    (place / "instructor" / "class.json").write_text(outline.text(), encoding="utf-8")
    (tmp_path / "rain-learner.zip").write_bytes(b"PK")
    return class_server.Built.find(str(place), tmp_path)


@dataclass
class Browser:
    """What a browser remembers: one cookie."""

    address: str
    cookie: str = ""
    client: tornado.httpclient.AsyncHTTPClient = field(
        default_factory=lambda: tornado.httpclient.AsyncHTTPClient(force_instance=True, max_clients=100)
    )

    async def ask(self, path: str, body=None, **options):
        """(status, content) of a page, or of a message: JSON is read, other content is bytes."""
        headers = {"Cookie": self.cookie, **options.pop("headers", {})}
        if body is not None:
            headers = {"Content-Type": "application/json"} | headers
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = await self.client.fetch(
            self.address + path,
            method="GET" if body is None else "POST",
            body=body,
            headers=headers,
            raise_error=False,
            follow_redirects=False,
            **options,
        )
        if given := answer.headers.get("Set-Cookie"):
            self.cookie = given.partition(";")[0]
        kind = answer.headers.get("Content-Type", "")
        return answer.code, json.loads(answer.body) if "application/json" in kind else answer.body

    async def join(self, name: str = "", share: bool = True) -> dict:
        status, told = await self.ask("class/join", {"name": name, "share": share})
        assert status == 200, told
        return told

    async def check(self, outcome: str = "correct", **changes):
        sent = {"workshop": "rain", "question": "r1-e1", "outcome": outcome, "mistake": None, "hints": 0}
        return await self.ask("class/check", sent | changes)


@dataclass
class Served:
    address: str
    room: Room

    @property
    def board(self) -> str:
        return f"{self.address}board/{self.room.secret}/"


@pytest.fixture
def in_class(built) -> Callable:
    """``in_class(scenario)`` serves the workshop, runs the coroutine function with what is served, and stops."""

    def play(scenario, clock: Callable[[], float] = time.time, tls=None):
        async def whole():
            journal = Journal(built.journal)
            room = Room(built.outline, journal, clock)
            sockets = class_server.bound("127.0.0.1", 0)
            address = f"http{'s' if tls else ''}://127.0.0.1:{sockets[0].getsockname()[1]}/"
            running = class_server.start(class_server.application(built, room, (address,)), sockets, tls)
            try:
                return await scenario(Served(address, room))
            finally:
                running.stop()
                await running.close_all_connections()
                journal.close()

        return asyncio.run(whole())

    return play


@pytest.fixture
def served(built) -> Iterator[Served]:
    """The same beside a browser that is driven from here: the server has a thread of its own."""
    ready, found = threading.Event(), []

    async def forever():
        journal = Journal(built.journal)
        room = Room(built.outline, journal)
        sockets = class_server.bound("127.0.0.1", 0)
        address = f"http://127.0.0.1:{sockets[0].getsockname()[1]}/"
        running = class_server.start(class_server.application(built, room, (address,)), sockets)
        end = asyncio.Event()
        found.extend([Served(address, room), asyncio.get_running_loop(), end])
        ready.set()
        await end.wait()
        running.stop()
        await running.close_all_connections()
        journal.close()

    thread = threading.Thread(target=lambda: asyncio.run(forever()))
    thread.start()
    ready.wait()
    yield found[0]
    found[1].call_soon_threadsafe(found[2].set)
    thread.join()
