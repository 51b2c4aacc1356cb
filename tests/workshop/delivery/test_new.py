"""`workshop new`: ten answers become a commented file that can be built, and nothing is lost on the way."""

from __future__ import annotations

import io
import signal
import sys
from pathlib import Path

import pytest

from cleanworks import cli
from cleanworks.workshop import workshop_file

ROOT = Path(__file__).resolve().parents[3]
ANSWERS = [
    "Clean works in Gulu",
    "Gulu",
    "engineers",
    "Ministry",
    "uganda",
    "en",
    "30",
    "public-works",
    "2027-03-02",
    "2",
]


def give(monkeypatch, lines):
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def new(folder: Path, name: str = "gulu") -> int:
    return cli.run(["workshop", "new", name, "--folder", str(folder), "--root", str(ROOT)])


def test_ten_answers_become_a_commented_file_with_a_clock(tmp_path, monkeypatch, capsys):
    give(monkeypatch, ANSWERS)
    assert new(tmp_path) == 0
    made = workshop_file.load(tmp_path / "gulu.toml")
    assert (made.title, made.profile, made.path, made.participants, len(made.days)) == (
        "Clean works in Gulu",
        "uganda",
        "public-works",
        30,
        2,
    )
    text = (tmp_path / "gulu.toml").read_text(encoding="utf-8")
    assert text.count("#") > 8 and "cleanworks workshop build" in capsys.readouterr().out
    assert cli.run(["workshop", "agenda", str(tmp_path / "gulu.toml"), "--root", str(ROOT)]) == 0


def test_a_wrong_answer_is_asked_again_with_the_nearest_word(tmp_path, monkeypatch, capsys):
    give(
        monkeypatch,
        [
            *ANSWERS[:4],
            "ugnada",
            "uganda",
            "xx",
            "fr",
            "0",
            "30",
            "o1, c66",
            "o1, c6",
            "tomorrow",
            *ANSWERS[8:],
        ],
    )
    assert new(tmp_path) == 0
    said = capsys.readouterr().out
    assert (
        "Did you mean 'uganda'?" in said
        and "no translation into 'xx'" in said
        and "Did you mean 'c6'?" in said
        and "'tomorrow' is not a date" in said
    )
    assert workshop_file.load(tmp_path / "gulu.toml").module_ids == ("o1", "c6")


@pytest.mark.parametrize("lines", [ANSWERS[:4], []])
def test_answers_that_end_too_early_leave_nothing(tmp_path, monkeypatch, capsys, lines):
    give(monkeypatch, lines)
    assert new(tmp_path) == 2
    assert "end too early" in capsys.readouterr().err and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../kampala", "a/b", "", "Kampala", "nul", "kampala.toml"])
def test_what_cannot_be_the_name_of_a_file_is_refused_before_the_first_question(tmp_path, capsys, name):
    assert cli.run(["workshop", "new", "--folder", str(tmp_path / "made"), "--", name]) == 2
    said = capsys.readouterr()
    assert "cannot be the name of a workshop" in said.err and not said.out
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path, capsys):
    (tmp_path / "gulu.toml").write_text("mine", encoding="utf-8")
    assert new(tmp_path) == 2 and new(tmp_path, "Gulu!") == 2
    assert "nothing was overwritten" in capsys.readouterr().err
    assert (tmp_path / "gulu.toml").read_text(encoding="utf-8") == "mine"


def test_every_key_of_the_file_is_explained():
    from cleanworks.workshop.pages.reports import workshop_file

    for block in ("workshop", "day", "break", "activity", "module", "member"):
        for key, meaning, _ in workshop_file(None, block)[1]:
            assert meaning, key


class Terminal:
    """`workshop new` behind a real terminal: what it shows, and keys that are typed."""

    def __init__(self, folder: Path):
        pexpect = pytest.importorskip("pexpect", reason="pexpect, which IPython brings, has no Windows")
        command = [
            "-m",
            "cleanworks.cli",
            "workshop",
            "new",
            "gulu",
            "--folder",
            str(folder),
            "--root",
            str(ROOT),
        ]
        self.shown = pexpect.spawn(
            sys.executable,
            command,
            encoding="utf-8",
            timeout=120,
            dimensions=(40, 200),
            # Whoever runs the tests in the background has switched Ctrl-C off for all that they start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.end, self.silence = pexpect.EOF, pexpect.TIMEOUT

    def type(self, question: int, answer: str) -> None:
        self.shown.expect_exact(f"{question}/10 ")
        self.shown.expect_exact("]: ")
        self.shown.sendline(answer)

    def interrupt(self) -> None:
        """Ctrl-C, and once more where nothing happens: Python misses one that comes between its question and its waiting for an answer."""
        for _ in range(4):
            self.shown.sendintr()
            if self.shown.expect([self.end, self.silence], timeout=30) == 0:
                return

    def close(self) -> tuple[str, int]:
        if self.shown.after is not self.end:
            self.shown.expect(self.end)
        said = self.shown.before
        self.shown.close()
        return said, self.shown.exitstatus


def test_at_a_terminal_wrong_answers_are_asked_again_and_french_says_what_stays_english(tmp_path):
    terminal = Terminal(tmp_path)
    typed = [
        (1, "Des chantiers propres à Thiès"),
        (2, "Thiès"),
        (3, ""),
        (4, "Ministère"),
        (5, "exampleland"),
    ]
    typed += [(6, "français"), (6, "fr"), (7, "dix"), (7, "10"), (8, "o1, c5"), (9, "2027-03-02"), (10, "1")]
    for question, answer in typed:
        terminal.type(question, answer)
    said, status = terminal.close()
    made = workshop_file.load(tmp_path / "gulu.toml")
    assert status == 0 and (made.title, made.language) == ("Des chantiers propres à Thiès", "fr")
    assert "Not in 'fr', but in English: c5." in said and "build" in said.split("--allow-english")[-2]


@pytest.mark.parametrize("key", ["interrupt", "end of input"])
def test_at_a_terminal_a_key_that_stops_leaves_nothing(tmp_path, key):
    terminal = Terminal(tmp_path)
    terminal.type(1, "Clean works")
    terminal.shown.expect_exact("2/10 ")
    terminal.shown.expect_exact("]: ")
    terminal.interrupt() if key == "interrupt" else terminal.shown.sendeof()
    said, status = terminal.close()
    assert status == 130 and "Traceback" not in said and "Interrupted" in said
    assert list(tmp_path.iterdir()) == []
