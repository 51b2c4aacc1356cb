"""Firefox by its own protocol, Marionette: JSON over a socket. Run as a program, it visits a page and tells what it saw.

Playwright drives a Firefox of its own making; this is the one that people have. The program runs where no network is, with
Firefox: `python firefox.py PROGRAM PROFILE STEPS`, with the steps as JSON, and prints what they gave as JSON.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PORT = 28290
_SETTINGS = {
    "marionette.port": PORT,
    "browser.shell.checkDefaultBrowser": False,
    "browser.aboutwelcome.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.normandy.enabled": False,
}


class Firefox:
    """One window of Firefox."""

    def __init__(self, program: str, profile: Path):
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _SETTINGS.items()]
        (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
        self.process = subprocess.Popen(
            [program, "--headless", "--marionette", "--no-remote", "--profile", str(profile)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(profile)},
        )
        self._serial = 0
        self._socket = self._connected()
        self._file = self._socket.makefile("rb")
        self._read()
        self._ask("WebDriver:NewSession", {})
        self._ask("WebDriver:SetTimeouts", {"script": 600_000, "pageLoad": 120_000})

    def _connected(self) -> socket.socket:
        end = time.monotonic() + 180
        while True:
            try:
                return socket.create_connection(("127.0.0.1", PORT), timeout=700)
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
                time.sleep(0.2)

    def _read(self) -> Any:
        size = b""
        while (byte := self._file.read(1)) != b":":
            size += byte
        return json.loads(self._file.read(int(size)))

    def _ask(self, command: str, parameters: dict[str, Any]) -> Any:
        self._serial += 1
        text = json.dumps([0, self._serial, command, parameters]).encode()
        self._socket.sendall(f"{len(text)}:".encode() + text)
        _, _, error, result = self._read()
        if error:
            raise RuntimeError(f"{command}: {error.get('error')}: {error.get('message')}")
        return result

    def open(self, address: str) -> None:
        self._ask("WebDriver:Navigate", {"url": address})

    def tell(self, script: str) -> Any:
        """What a script in the page returns; it may be a promise."""
        body = f"const done = arguments[0]; (async () => {{ {script} }})().then(done, error => done('FAILED ' + error));"
        return self._ask("WebDriver:ExecuteAsyncScript", {"script": body, "args": [], "sandbox": None})[
            "value"
        ]

    def type(self, text: str) -> None:
        """Keys, pressed where the focus is. \\ue004 is Tab, \\ue007 Enter, \\ue009 Control."""
        actions = []
        for key in text:
            actions += [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self._keys(actions)

    def all(self) -> None:
        """Control and A: choose all that is written."""
        control, a = "\ue009", "a"
        self._keys([
            {"type": "keyDown", "value": control}, {"type": "keyDown", "value": a},
            {"type": "keyUp", "value": a}, {"type": "keyUp", "value": control},
        ])  # fmt: skip

    def _keys(self, actions: list[dict[str, str]]) -> None:
        self._ask(
            "WebDriver:PerformActions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]}
        )

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def main(program: str, profile: str, steps: list[list[str]]) -> None:
    subprocess.run(
        ["ip", "link", "set", "lo", "up"], check=False
    )  # to talk to the browser; there is nothing else
    firefox = Firefox(program, Path(profile))
    try:
        print(json.dumps([getattr(firefox, act)(*told) for act, *told in steps]))
    finally:
        firefox.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
