"""External links: all of them listed, and the checker's word on each kind of answer, from a server on this machine."""

from __future__ import annotations

import csv
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cleanworks import cli
from cleanworks.workshop import links

pytestmark = pytest.mark.usefixtures("one_server")


class Site(BaseHTTPRequestHandler):
    """A host with every kind of page."""

    def do_GET(self):
        name = self.path.strip("/")
        if name == "silent":
            self.server.over.wait(30)
            return
        status = {
            "good": 200,
            "gone": 404,
            "moved": 301,
            "for-now": 302,
            "shy": 403,
            "circle": 301,
            "sick": 500,
        }[name]
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "/circle" if name == "circle" else "/good")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.over = threading.Event()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.over.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def closed():
    """An address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/"


def make_book(folder, *addresses):
    folder.mkdir(exist_ok=True)
    (folder / "_static").mkdir(exist_ok=True)
    (folder / "_static" / "not-a-page.html").write_text(
        '<a href="http://never.example/">x</a>', encoding="utf-8"
    )
    shown = "".join(f'<a class="reference external" href="{address}">x</a>' for address in addresses)
    (folder / "index.html").write_text(f'{shown}<a href="other.html">in</a>', encoding="utf-8")
    (folder / "other.html").write_text(shown, encoding="utf-8")
    return folder


def test_addresses_are_listed_once_with_their_pages(tmp_path):
    book = make_book(
        tmp_path / "html", "https://a.example/x?y=1&amp;z=2#part", "https://a.example/x?y=1&amp;z=2"
    )
    assert links.listed(book) == [links.Link("https://a.example/x?y=1&z=2", ("index.html", "other.html"))]


@pytest.mark.parametrize(
    ("page", "state", "said"),
    [
        ("good", "good", "200"),
        ("for-now", "good", "200"),
        ("moved", "moved", "/good"),
        ("shy", "refused", "403"),
        ("gone", "broken", "404"),
        ("sick", "broken", "500"),
        ("circle", "broken", "circle"),
        ("silent", "broken", "no answer"),
    ],
)
def test_each_kind_of_answer(site, page, state, said):
    found = links.ask(
        [links.Link(f"{site}/{page}", ("index.html",))], timeout=0.3 if page == "silent" else 600
    )
    assert found[0].state == state and said in found[0].says


def test_a_host_where_nobody_listens_is_broken(closed):
    assert links.ask([links.Link(closed, ())], 20)[0].state == "broken"


def test_the_command_fails_for_a_broken_link_and_names_its_page(site, tmp_path, capsys):
    book = make_book(tmp_path / "html", f"{site}/good", f"{site}/gone")
    table = tmp_path / "links.csv"
    assert cli.run(["links", "--check", "--book", str(book), "--save", str(table)]) == 1
    said = capsys.readouterr().out
    assert f"{site}/gone" in said and "404" in said and "on index.html, other.html" in said
    assert "2 addresses: 1 good, 0 moved, 0 refused, 1 broken." in said
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    assert [row["state"] for row in rows] == ["broken", "good"]


def test_links_that_answer_are_no_fault_and_listing_asks_nobody(site, closed, tmp_path, capsys):
    assert (
        cli.run(
            ["links", "--check", "--book", str(make_book(tmp_path / "html", f"{site}/good", f"{site}/shy"))]
        )
        == 0
    )
    assert cli.run(["links", "--book", str(make_book(tmp_path / "html", closed))]) == 0
    assert "1 address on 1 host." in capsys.readouterr().out


def test_without_a_book_there_is_one_message(tmp_path, capsys):
    assert cli.run(["links", "--book", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "There is no book." in said and "cleanworks book" in said
