"""A learner's outcomes on the board of a class, from a notebook that runs on the class's own machine (a JupyterHub).

In the pages of the book a script of the class does this. A kernel does it here, when two settings of its environment
say where and as whom; whoever starts the kernel sets them only for a learner who agreed. Sent are the same five facts as
from a page: workshop, question, outcome, which prepared mistake, hints opened. Never the code, and no name.
"""

from __future__ import annotations

import json
import os
import queue
import threading
from typing import Any

CLASS = "CLEANWORKS_CLASS"
"""The address of the class, such as http://127.0.0.1:8899/. Without it nothing is sent anywhere."""

TICKET = "CLEANWORKS_CLASS_TICKET"
"""What the class gave when this learner joined."""

_PATIENCE = 5.0
_MOST_WAITING = 200


def mark(message: str) -> str:
    """Eight letters that stand for a message (FNV-1a, 32 bits), so that a prepared mistake can be recognised without its words.

    `workshop/board/static/class.js` computes the same.

    >>> mark("a")
    'e40c292c'
    """
    value = 0x811C9DC5
    for byte in message.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return f"{value:08x}"


class Sender:
    """Sends outcomes one after the other, beside the learner's work: a class that is away delays nothing and loses no answer."""

    def __init__(self, address: str, ticket: str):
        self.address = address if address.endswith("/") else f"{address}/"
        self.ticket = ticket
        self._waiting: queue.Queue[tuple[str, str, str]] = queue.Queue(_MOST_WAITING)
        self._about: dict[str, Any] = {}
        self._thread: threading.Thread | None = None

    def send(self, question: str, outcome: str, message: str) -> None:
        """Put one outcome in the queue. When too many wait, this one is left out."""
        try:
            self._waiting.put_nowait((question, outcome, message))
        except queue.Full:
            return
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="cleanworks-class", daemon=True)
            self._thread.start()

    def join(self) -> None:
        """Wait until everything that was put in the queue has been tried."""
        self._waiting.join()

    def _work(self) -> None:
        while True:
            one = self._waiting.get()
            try:
                self._say(*one)
            except (OSError, ValueError, KeyError, TypeError):
                pass  # out of reach, or it is no class: the learner's record has the outcome all the same
            finally:
                self._waiting.task_done()

    def _say(self, question: str, outcome: str, message: str) -> None:
        if not self._about:
            self._about = self._ask("class/marks")
        marks = self._about["marks"]
        if question not in marks:
            return
        known = mark(message) if outcome == "not-yet" else ""
        self._ask(
            "class/check",
            {
                "workshop": self._about["workshop"],
                "question": question,
                "outcome": outcome,
                "mistake": marks[question].index(known) if known in marks[question] else None,
                "hints": 0,  # a notebook does not tell which hints are open
            },
        )

    def _ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        from urllib import request

        headers = {"Content-Type": "application/json"}
        if self._about:
            headers["Cookie"] = f"cleanworks-{self._about['workshop']}={self.ticket}"
        data = None if body is None else json.dumps(body).encode()
        # No proxy of the environment: the class is on this machine or in this room.
        opener = request.build_opener(request.ProxyHandler({}))
        asked = request.Request(self.address + path, data, headers)
        with opener.open(asked, timeout=_PATIENCE) as answer:
            return json.loads(answer.read(1_000_000))


_senders: dict[tuple[str, str], Sender] = {}


def share(question: str, outcome: str, message: str) -> None:
    """Send the outcome of a check to the class, if the environment names one."""
    address, ticket = os.environ.get(CLASS, ""), os.environ.get(TICKET, "")
    if address.startswith(("http://", "https://")) and ticket:
        key = address, ticket
        if key not in _senders:
            _senders[key] = Sender(address, ticket)
        _senders[key].send(question, outcome, message)
