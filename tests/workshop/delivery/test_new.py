"""`workshop new`: ten answers become a commented file that can be built, and nothing is lost on the way."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from cleanworks import cli
from cleanworks.workshop import plan

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
    made = plan.load(tmp_path / "gulu.toml")
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
    assert plan.load(tmp_path / "gulu.toml").module_ids == ("o1", "c6")


@pytest.mark.parametrize("lines", [ANSWERS[:4], []])
def test_answers_that_end_too_early_leave_nothing(tmp_path, monkeypatch, capsys, lines):
    give(monkeypatch, lines)
    assert new(tmp_path) == 2
    assert "end too early" in capsys.readouterr().err and list(tmp_path.iterdir()) == []


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
