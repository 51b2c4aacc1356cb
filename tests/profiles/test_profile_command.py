"""`cleanworks profile`: a person makes a country's file, is corrected at once, and loses nothing."""

from __future__ import annotations

import io
import re

import pytest

from cleanworks import cli, profiles
from cleanworks.profiles import profile_command

ANSWERS = [
    "Kenya",
    "Nairobi",
    "Westlands, Langata, Embakasi, Kasarani",
    "",
    "",
    "",
    "",
    "",
    "",
    "kes",
    "Kenyan shilling",
    "KSh",
    "21",
    "14",
    "30",
    "0.08",
    "150",
]


def give(monkeypatch, lines):
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_the_answers_become_a_profile_that_passes_its_check(tmp_path, monkeypatch, capsys):
    give(monkeypatch, ANSWERS)
    assert cli.run(["profile", "new", "kenya", "--folder", str(tmp_path)]) == 0
    made = profiles.load(str(tmp_path / "kenya.toml"))
    assert (
        made["names.districts"] == ["Westlands", "Langata", "Embakasi", "Kasarani"]
        and made["currency.code"] == "KES"
    )
    assert made["names.payment_system"] == "PayTrack" and made["payment.prime_to_sub_days"] == 14
    assert made["labour.daily_wage"] == 150 * profiles.load("exampleland")["labour.daily_wage"]
    assert made.illustrative() == list(made)
    assert cli.run(["profile", "check", str(tmp_path / "kenya.toml")]) == 0
    assert f"Fine: {len(made)} values" in capsys.readouterr().out


def test_a_wrong_answer_is_asked_again(tmp_path, monkeypatch, capsys):
    give(monkeypatch, [*ANSWERS[:15], "8", *ANSWERS[15:]])
    assert cli.run(["profile", "new", "kenya", "--folder", str(tmp_path)]) == 0
    assert "8 is not a share. Write 8 % as 0.08." in capsys.readouterr().out
    assert profiles.load(str(tmp_path / "kenya.toml"))["payment.late_interest_rate"] == 0.08


def test_answers_that_end_too_early_leave_nothing(tmp_path, monkeypatch, capsys):
    give(monkeypatch, ANSWERS[:5])
    assert cli.run(["profile", "new", "kenya", "--folder", str(tmp_path)]) == 2
    assert "end too early" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_nothing(tmp_path, monkeypatch):
    def stop(prompt):
        raise KeyboardInterrupt

    monkeypatch.setattr(profile_command, "asker", lambda too_few: stop)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert cli.run(["profile", "new", "kenya", "--folder", str(tmp_path)]) == 130
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "code", ["../kenya", "a/b", "", "Kenya", "k", "k" * 31, "con", "com1", "-kenya", "kenya.toml"]
)
def test_what_cannot_be_the_name_of_a_file_is_refused_before_the_first_question(tmp_path, capsys, code):
    assert cli.run(["profile", "new", "--folder", str(tmp_path / "made"), "--", code]) == 2
    said = capsys.readouterr()
    assert "cannot be the name of a profile" in said.err and not said.out
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path, monkeypatch, capsys):
    (tmp_path / "kenya.toml").write_text("mine", encoding="utf-8")
    assert cli.run(["profile", "new", "kenya", "--folder", str(tmp_path)]) == 2
    assert "nothing was overwritten" in capsys.readouterr().err
    assert (tmp_path / "kenya.toml").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("code", profiles.available())
def test_every_profile_that_ships_passes_its_check(code):
    assert cli.run(["profile", "check", code]) == 0


def test_a_profile_with_a_gap_or_a_strange_key_is_told(tmp_path, capsys):
    path = tmp_path / "home.toml"
    path.write_text('[currency]\ncode = {value = "ABC", illustrative = true}\n', encoding="utf-8")
    assert cli.run(["profile", "check", str(path)]) == 2
    path.write_text(
        'extends = "seoul"\n[payment]\ndu_days = {value = 3, illustrative = true}\n', encoding="utf-8"
    )
    assert cli.run(["profile", "check", str(path)]) == 2
    said = capsys.readouterr().err
    assert "values are missing" in said and "'payment.du_days' is not a name that a profile knows" in said


def test_an_agency_begins_from_its_country(tmp_path, monkeypatch, capsys):
    give(monkeypatch, ["Gulu", *[""] * 6, "", "", "30", "", ""])
    assert cli.run(["profile", "new", "uganda", "--folder", str(tmp_path)]) == 0
    path = tmp_path / "uganda.toml"
    assert 'extends = "uganda"' in path.read_text(encoding="utf-8")
    home, uganda = profiles.load(str(path)), profiles.load("uganda")
    assert [key for key in home if home[key] != uganda[key]] == ["names.city", "payment.prime_to_sub_days"]
    assert home.cited() == uganda.cited()
    assert cli.run(["profile", "check", str(path)]) == 0
    give(monkeypatch, [""] * 12)
    assert cli.run(["profile", "new", "office", "--folder", str(tmp_path), "--extends", "uganda.toml"]) == 0
    assert profiles.load(str(tmp_path / "office.toml"))["names.city"] == "Gulu"


def test_an_unknown_key_is_told_with_its_line_and_the_nearest_one(tmp_path, capsys):
    path = tmp_path / "kampala.toml"
    path.write_text(
        'extends = "uganda"\n[payment]\nprime_to_subs_days = {value = 28, illustrative = true}\n',
        encoding="utf-8",
    )
    assert cli.run(["profile", "check", str(path)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "line 3" in said and "Did you mean 'payment.prime_to_sub_days'?" in said


def test_the_list_counts_sources(capsys):
    assert cli.run(["profile", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    seoul = profiles.load("seoul")
    assert re.search(
        rf"^seoul .*KRW +{len(seoul) - len(seoul.illustrative())} +{len(seoul.illustrative())}$",
        "\n".join(lines),
        flags=re.M,
    )


@pytest.mark.parametrize(
    ("key", "answer"),
    [("names.districts", "one, two"), ("names.districts", "a, a, b, c, d"), ("currency.code", "E1"), ("payment.client_days", "1.5"),
     ("payment.client_days", "soon"), ("money_scale", "0"), ("names.country", "x" * 61)],
)  # fmt: skip
def test_impossible_answers_are_refused(key, answer):
    with pytest.raises(profile_command.InputError):
        profile_command.understood(key, answer)
