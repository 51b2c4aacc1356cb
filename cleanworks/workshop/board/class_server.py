"""What browsers speak with: the kit and the book for everybody, the class for who joined, the board for who has its link."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import tornado.httpserver
import tornado.iostream
import tornado.netutil
import tornado.web
from markupsafe import Markup

from cleanworks import words
from cleanworks.errors import InputError
from cleanworks.html_templates import filled
from cleanworks.workshop.board.outline import FILE, Outline
from cleanworks.workshop.board.room import Refused, Room

STATIC = Path(__file__).parent / "static"

LARGEST_BODY = 4096
"""Bytes of the largest message of a browser. The longest question in the widest script has a quarter of it."""

_PUSH, _ALIVE = 0.25, 15.0
"""Seconds between two looks whether a board is out of date, and until it is told the time anew."""

_HOUR = 3600

_WRONG = {404: "There is no such page here.", 405: "There is no such page here."}
_FAILED = "The class could not do this. Tell your instructor."
"""What a person reads when an answer is none of ours."""

_OWN_PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:"
)


@dataclass(frozen=True)
class Built:
    """A workshop that `workshop build` made: its learners' folder and zip, and the outline of its class."""

    learner: Path
    archive: Path
    outline: Outline
    journal: Path

    @classmethod
    def find(cls, name: str, folder: Path) -> Built:
        """The workshop that is meant: the folder of a built one, or the name of one in ``folder``.

        Raises
        ------
        InputError
            There is none, or it was built without the file of its class.
        """
        place = Path(name) if Path(name).is_dir() else folder / Path(name).stem
        if not (place / "learner").is_dir():
            raise InputError(
                "This workshop is not built.",
                where=str(place),
                fix=f"Build it first: cleanworks workshop build {name}",
            )
        outline = Outline.load(place / "instructor" / FILE)
        beside = place.resolve().parent
        # Beside the folder, not in it: building again replaces the folder.
        return cls(
            place / "learner",
            beside / f"{outline.workshop}-learner.zip",
            outline,
            beside / f"{outline.workshop}-class.jsonl",
        )


class _Handler(tornado.web.RequestHandler):
    """Says as little as possible to others: no referrer, no frame, no guess at types."""

    @property
    def room(self) -> Room:
        return self.settings["room"]

    def set_default_headers(self) -> None:
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("X-Frame-Options", "SAMEORIGIN")
        self.clear_header("Server")

    def say(self, text: str) -> str:
        """A text in the language of the workshop."""
        return words.say(text, self.room.outline.language)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code}. {self.say(_WRONG.get(status_code, _FAILED))}\n")


class _Api(_Handler):
    """Messages in JSON, each answered in JSON. What is refused says why and changes nothing."""

    def prepare(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.body: Any = None
        if self.request.method == "POST":
            # A page of another site cannot send this type without asking first, and nobody here says yes.
            if self.request.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
                raise Refused(415, "Send JSON.")
            try:
                self.body = json.loads(self.request.body.decode("utf-8"))
            except (ValueError, RecursionError):
                raise Refused(400, "This is not JSON.") from None
            if not isinstance(self.body, dict):
                raise Refused(400, "This is not a message that a class sends.")

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        if not isinstance(value, Refused):
            super().log_exception(typ, value, tb)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = (kwargs.get("exc_info") or (None, None))[1]
        if isinstance(error, Refused):
            self.set_status(error.status)
            said = error.said
        elif isinstance(error, InputError):
            said = error.message
        else:
            said = _WRONG.get(status_code, _FAILED)
        self.finish({"said": self.say(said)})

    @property
    def cookie(self) -> str:
        return f"cleanworks-{self.room.outline.workshop}"

    def me(self) -> str:
        """The person of this browser.

        Raises
        ------
        Refused
            It has not joined.
        """
        who = self.room.who(self.get_cookie(self.cookie))
        if who is None:
            raise Refused(403, "Join the class first.")
        return who

    def told(self, who: str | None) -> dict[str, Any]:
        """What a page knows of its own reader."""
        if who is None:
            return {"name": None, "offer": self.room.draw()}
        person = self.room.people[who]
        return {"name": person.name, "share": person.share, "hand": person.hand is not None}


class Me(_Api):
    def get(self) -> None:
        self.finish(self.told(self.room.who(self.get_cookie(self.cookie))))


class Marks(_Api):
    """By what a notebook recognises a prepared mistake (:mod:`cleanworks.learn.sharing`); pages have it in their script."""

    def get(self) -> None:
        self.finish({"workshop": self.room.outline.workshop, "marks": self.room.marks})


class Join(_Api):
    def post(self) -> None:
        if self.room.who(self.get_cookie(self.cookie)):
            raise Refused(409, "This browser has joined already.")
        name, share = self.body.get("name", ""), self.body.get("share", False)
        if not isinstance(name, str) or type(share) is not bool:
            raise Refused(400, "This is not a message that a class sends.")
        token, _ = self.room.join(name, share, self.request.remote_ip or "")
        secure = self.request.protocol == "https"
        self.set_cookie(
            self.cookie, token, expires_days=30, path="/", httponly=True, samesite="Strict", secure=secure
        )
        self.finish(self.told(self.room.who(token)))


class Say(_Api):
    """`check`, `share`, `hand`, `ask`: what somebody who joined may say about himself or herself."""

    def post(self, act: str) -> None:
        who = self.me()
        if act == "check":
            self.room.check(who, self.body)
        elif act == "ask":
            text = self.body.get("text")
            if not isinstance(text, str):
                raise Refused(400, "This is not a question.")
            self.room.ask(who, text)
        else:
            value = self.body.get("yes")
            if type(value) is not bool:
                raise Refused(400, "This is not a message that a class sends.")
            (self.room.share if act == "share" else self.room.hand)(who, value)
        self.finish(self.told(who))


class _Board(_Api):
    """Only for who has the link."""

    def prepare(self) -> None:
        given = self.path_args[0] if self.path_args else ""
        if not hmac.compare_digest(given.encode(), self.room.secret.encode()):
            raise tornado.web.HTTPError(404)
        super().prepare()


class BoardPage(_Board):
    def get(self, secret: str) -> None:
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", _OWN_PAGES)
        self.finish(board_page(self.room.outline, self.settings["addresses"]))


class BoardEvents(_Board):
    """A stream (server-sent events): the whole board whenever it changed, and from time to time for the clock."""

    gone = False

    async def get(self, secret: str) -> None:
        self.set_header("Content-Type", "text/event-stream")
        seen, waited = -1, 0.0
        while not self.gone:
            if seen != self.room.version or waited >= _ALIVE:
                seen, waited = self.room.version, 0.0
                self.write(f"data: {json.dumps(self.room.board(), ensure_ascii=False)}\n\n")
                try:
                    await self.flush()
                except tornado.iostream.StreamClosedError:
                    return
            await asyncio.sleep(_PUSH)
            waited += _PUSH

    def on_connection_close(self) -> None:
        self.gone = True


class BoardDo(_Board):
    def post(self, secret: str) -> None:
        self.room.instruct(self.body.get("act", ""), self.body.get("value"))
        self.finish({})


class BoardFile(_Board):
    def get(self, secret: str) -> None:
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.set_header(
            "Content-Disposition", f'attachment; filename="{self.room.outline.workshop}-class.json"'
        )
        self.finish(json.dumps(self.room.saved(), ensure_ascii=False, indent=1) + "\n")


class Welcome(_Handler):
    def get(self) -> None:
        self.set_header("Content-Security-Policy", _OWN_PAGES)
        self.set_header("Cache-Control", "no-cache")
        self.finish(welcome_page(self.room.outline, self.settings["learner"], self.settings["archive"]))


class NoIcon(_Handler):
    """Browsers ask for one wherever they are."""

    def get(self) -> None:
        self.set_status(204)


class Script(_Handler):
    """The scripts and styles of the class, with the words of its language."""

    def get(self, name: str) -> None:
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        text = (STATIC / name).read_text(encoding="utf-8")
        if name.endswith(".js"):
            about: dict[str, Any] = {
                "workshop": self.room.outline.workshop,
                "words": dict(words.words(self.room.outline.language)),
            }
            about["words"] = {
                one: said
                for one, said in about["words"].items()
                if json.dumps(one, ensure_ascii=False)[1:-1] in text
            }
            if name == "class.js":
                about["marks"] = self.room.marks
            text = f"window.CLEANWORKS_CLASS = {json.dumps(about, ensure_ascii=False)};\n{text}"
        self.finish(text)


class Kit(tornado.web.StaticFileHandler):
    """The learners' folder as it is, and in each page the script of the class."""

    SCRIPT = b'<script src="/class/class.js" defer></script>'

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Referrer-Policy", "no-referrer")
        self.clear_header("Server")

    def get_cache_time(self, path: str, modified: Any, mime_type: str) -> int:
        return 0 if path.endswith(".html") else _HOUR

    async def get(self, path: str, include_body: bool = True) -> None:
        if "\0" in path:
            raise tornado.web.HTTPError(404)
        self.path = self.parse_url_path(path)
        absolute = self.get_absolute_path(self.root, self.path)
        found = self.validate_absolute_path(self.root, absolute)
        if found is None:  # it was sent on to the folder's own address
            return
        if not found.endswith(".html"):
            await super().get(path, include_body)
            return
        self.absolute_path = found
        page = Path(found).read_bytes()
        before, end, after = page.rpartition(b"</body>")
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.set_extra_headers(path)
        self.finish(before + self.SCRIPT + end + after if end else page + self.SCRIPT)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        said = words.say(_WRONG.get(status_code, _FAILED), self.settings["room"].outline.language)
        self.finish(f"{status_code}. {said}\n")


class Download(Kit):
    """The one zip that learners take home."""

    async def get(self, path: str, include_body: bool = True) -> None:
        if path != self.settings["archive"].name:
            raise tornado.web.HTTPError(404)
        await super().get(path, include_body)


def application(built: Built, room: Room, addresses: tuple[str, ...] = ()) -> tornado.web.Application:
    """Everything that is served, for one room."""
    return tornado.web.Application(
        [
            (r"/", Welcome),
            (r"/favicon\.ico", NoIcon),
            (r"/class/(class\.js|class\.css|board\.js|board\.css)", Script),
            (r"/class/me", Me),
            (r"/class/marks", Marks),
            (r"/class/join", Join),
            (r"/class/(check|share|hand|ask)", Say),
            (r"/board/([\w-]+)/", BoardPage),
            (r"/board/([\w-]+)/events", BoardEvents),
            (r"/board/([\w-]+)/do", BoardDo),
            (r"/board/([\w-]+)/class\.json", BoardFile),
            (r"/kit/(.*)", Kit, {"path": str(built.learner.resolve()), "default_filename": "index.html"}),
            (r"/download/(.*)", Download, {"path": str(built.archive.resolve().parent)}),
        ],
        default_handler_class=_Missing,
        log_function=_log,
        room=room,
        learner=built.learner,
        archive=built.archive,
        addresses=addresses,
    )


class _Missing(_Handler):
    def prepare(self) -> None:
        raise tornado.web.HTTPError(404)


def _log(handler: tornado.web.RequestHandler) -> None:
    """Only what is wrong with the server itself stands in the terminal; whoever sends rubbish does not fill it."""
    if handler.get_status() >= 500 and handler.get_status() != 503:
        logging.getLogger("tornado.access").error("%s %s", handler.get_status(), handler.request.path)


def bound(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen.

    Raises
    ------
    InputError
        The port is taken or may not be used.
    """
    try:
        return tornado.netutil.bind_sockets(port, address=host or None)
    except OSError as error:
        raise InputError(
            f"The port {port} cannot be used: {error.strerror}.",
            fix="Perhaps a class is being served already; end it, or choose another port: --port 8080",
        ) from None


def start(
    app: tornado.web.Application, sockets: list[socket.socket], tls: ssl.SSLContext | None = None
) -> tornado.httpserver.HTTPServer:
    """Serve on sockets that listen, in the event loop that runs; gives the server, to stop it."""
    server = tornado.httpserver.HTTPServer(
        app,
        ssl_options=tls,
        max_body_size=LARGEST_BODY,
        max_header_size=16_384,
        body_timeout=20,
        idle_connection_timeout=120,
    )
    server.add_sockets(sockets)
    return server


def run(
    app: tornado.web.Application,
    sockets: list[socket.socket],
    tls: ssl.SSLContext | None,
    ready: Callable[[], None],
) -> None:
    """Serve until it is interrupted."""

    async def forever() -> None:
        start(app, sockets, tls)
        ready()
        await asyncio.Event().wait()

    asyncio.run(forever())


# --- pages --------------------------------------------------------------------------------------------------------


def _page(template: str, outline: Outline, **shown: object) -> str:
    say = partial(words.say, code=outline.language)
    direction = words.direction(outline.language)
    return filled(__package__, template, outline=outline, direction=direction, say=say, **shown)


def welcome_page(outline: Outline, learner: Path, archive: Path) -> str:
    """What stands at the address that a room types in: how to join, and everything that the kit has."""
    known = {
        "book/index.html": "Open the book",
        "agenda/agenda.html": "The agenda",
        "forms/before.html": "The test before the workshop",
        "forms/after.html": "The test after the workshop",
        "forms/evaluation.html": "The evaluation form",
        "forms/action-plan.html": "My action plan",
    }
    there = [(path, text) for path, text in known.items() if (learner / path).is_file()]
    whole = archive.is_file()
    size = f"{archive.stat().st_size / 1e6:.0f} MB, zip" if whole else ""
    return _page("welcome.html", outline, there=there, archive=archive.name if whole else "", size=size)


def board_page(outline: Outline, addresses: tuple[str, ...]) -> str:
    """The frame of the board; `board.js` fills it."""
    address = addresses[0] if addresses else ""
    return _page("board.html", outline, address=address, drawn=qr_svg(address) if address else "")


def qr_svg(address: str) -> Markup:
    """The address as a picture for phones."""
    import segno

    drawn = segno.make(address, error="m").svg_inline(scale=4, dark="#000", light="#fff", omitsize=True)
    return Markup(f'<div id="qr">{drawn}</div>')
