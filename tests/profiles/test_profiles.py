"""Profiles: what a value says about itself, and what a broken file is told."""

import re
from pathlib import Path

import pytest

from cleanworks import profiles
from cleanworks.errors import InputError

REFERENCES = Path(__file__).parents[2] / "book" / "references.bib"


@pytest.fixture
def seoul():
    return profiles.load("seoul")


def test_seoul_an_example_and_six_countries_come_with_the_package():
    assert profiles.available() == ["exampleland", "jordan", "philippines", "seoul", "thailand", "uganda", "ukraine", "vietnam"]


def test_seoul_is_active_unless_the_environment_says_otherwise(monkeypatch):
    monkeypatch.delenv("CLEANWORKS_PROFILE", raising=False)
    assert profiles.active().code == "seoul"
    monkeypatch.setenv("CLEANWORKS_PROFILE", "exampleland")
    assert profiles.active().code == "exampleland"


@pytest.mark.parametrize(
    ("key", "value", "source"),
    [
        ("payment.prime_to_sub_days", 15, "ccs-s96"),
        ("payment.due_days", 60, "ccs-s90"),
        ("payment.inspection_days", 10, "ccs-s90"),
        ("payment.late_interest_rate", 0.155, "ccs-s91"),
        ("payment.direct_payment_missed", 2, "ccs-s90"),
        ("labour.retirement_report_days", 14, "ccs-s97"),
        ("labour.card_threshold", 100_000_000, "ccs-s44"),
        ("reporting.long_mode_amount", 1_000_000_000, "ccs-s10"),
        ("reporting.review_points", [30, 60, 95], "ccs-s10"),
        ("assessment.perception_weight", 0.60, "acrc-s3"),
    ],
)
def test_seoul_cites_its_rules(seoul, key, value, source):
    assert seoul[key] == value
    assert seoul.cite(key) == source
    assert not seoul.is_illustrative(key)


@pytest.mark.parametrize(
    "key", ["payment.client_days", "labour.retirement_daily_amount", "planted.ghost_worker"]
)
def test_what_our_research_could_not_verify_is_illustrative(seoul, key):
    assert seoul.is_illustrative(key)
    assert seoul.cite(key) is None
    assert key in seoul.illustrative()


@pytest.mark.skipif(
    not REFERENCES.exists(), reason="book/references.bib DOES NOT EXIST: sources of profiles are unchecked"
)
def test_every_source_of_every_profile_is_in_the_bibliography():
    known = set(re.findall(r"^@\w+\{([^,]+),", REFERENCES.read_text(encoding="utf-8"), flags=re.M))
    for code in profiles.available():
        profile = profiles.load(code)
        cited = {profile.cite(key) for key in profile} - {None}
        assert cited <= known, f"{code}: {sorted(cited - known)}"


def test_exampleland_pretends_nothing():
    profile = profiles.load("exampleland")
    assert profile.illustrative() == list(profile)


def test_profiles_answer_the_same_questions():
    for code in profiles.available():
        assert set(profiles.load("exampleland")) == set(profiles.load(code)), code


def test_a_country_takes_over_what_it_does_not_say_without_its_source(tmp_path):
    path = tmp_path / "home.toml"
    path.write_text('extends = "seoul"\nmoney_scale = 0.5\n[payment]\ndue_days = {value = 7, source = "ccs-s1"}\n', encoding="utf-8")
    home, seoul = profiles.load(str(path)), profiles.load("seoul")
    assert home["payment.due_days"] == 7 and home.cite("payment.due_days") == "ccs-s1"
    assert home["payment.inspection_days"] == seoul["payment.inspection_days"] and home.is_illustrative("payment.inspection_days")
    assert home["labour.card_threshold"] == seoul["labour.card_threshold"] / 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('extends = "nowhere"\n', "extends 'nowhere', and there is no such profile"),
        ('extends = "jordan"\n', "which itself extends another"),
        ('extends = "seoul"\nmoney_scale = -1\n', "'money_scale' is -1"),
        ("money_scale = 2\n", "stands alone"),
    ],
)
def test_a_wrong_base_is_told(tmp_path, text, message):
    path = tmp_path / "home.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        profiles.load(str(path))


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (1_234_000_000, "KRW 1.23 bn"),
        (100_000_000, "KRW 100 m"),
        (636_986, "KRW 636,986"),
        (999_600_000, "KRW 1 bn"),
        (12_340_000_000_000, "KRW 12.3 tn"),
        (-5_000_000, "-KRW 5 m"),
        (0, "KRW 0"),
        (float("nan"), "not known"),
    ],
)
def test_money_is_written_as_people_say_it(seoul, amount, text):
    assert seoul.money(amount) == text


def test_money_can_be_written_to_the_last_digit(seoul):
    assert seoul.money(1_234_567_890, exact=True) == "KRW 1,234,567,890"


def test_names_and_sections(seoul):
    assert seoul.name("payment_system") == "Daegum e-Baro"
    assert seoul.section("planted")["ghost_worker"] == seoul["planted.ghost_worker"]
    with pytest.raises(InputError, match="no section 'planed'"):
        seoul.section("planed")


def test_a_changed_value_no_longer_claims_a_source(seoul):
    changed = seoul.replace({"payment.prime_to_sub_days": 30})
    assert changed["payment.prime_to_sub_days"] == 30
    assert changed.is_illustrative("payment.prime_to_sub_days")
    assert seoul["payment.prime_to_sub_days"] == 15


def test_a_key_that_is_not_there_names_the_nearest_one(seoul):
    assert "payment.due_day" not in seoul
    assert seoul.get("payment.due_day", 7) == 7
    with pytest.raises(InputError, match=r"no value 'payment\.due_day'.*Did you mean 'payment\.due_days'"):
        seoul["payment.due_day"]
    with pytest.raises(InputError):
        seoul.replace({"payment.due_day": 3})


@pytest.mark.parametrize("code", ["seul", "../seoul", "nowhere.toml", ""])
def test_an_unknown_profile_says_which_there_are(code):
    with pytest.raises(InputError, match=r"no profile .*Available: exampleland, jordan, .*seoul"):
        profiles.load(code)


def test_a_country_can_bring_a_file_of_its_own(tmp_path):
    path = tmp_path / "home.toml"
    path.write_text('[currency]\ncode = {value = "ABC", illustrative = true}\n', encoding="utf-8")
    assert profiles.load(str(path)).money(12) == "ABC 12"


def test_an_edited_file_is_read_again(tmp_path):
    import os

    path = tmp_path / "home.toml"
    for number, days in enumerate((5, 6)):
        path.write_text(f"[payment]\ndue_days = {{value = {days}, illustrative = true}}\n", encoding="utf-8")
        os.utime(path, ns=(number, number))
        assert profiles.load(str(path))["payment.due_days"] == days


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[a]\n\nx = 3\n", "home.toml, line 3: 'a.x' is a bare value"),
        ("[a]\nb = {value = 1}\n", "home.toml, line 2: 'a.b' has neither a source nor illustrative"),
        ('[a]\nb = {value = 1, source = ""}\n', "line 2: 'a.b' has a source that is not a key"),
        ('[a]\nb = {value = 1, source = "x", illustrative = true}\n', "says both"),
        ("[a]\nb = {value = 1, illustrative = false}\n", "something other than true"),
        ('[a]\nb = {source = "ccs-s1"}\n', "'a.b' has no value"),
        ('[a]\nb = {value = 1, sauce = "ccs-s1"}\n', "unknown field 'sauce'"),
        ("[a\n", "home.toml, line 1: The profile is not valid TOML"),
    ],
)
def test_a_broken_file_is_told_where_and_what(tmp_path, text, message):
    path = tmp_path / "home.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        profiles.load(str(path))
    assert message in str(error.value)


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "home.toml"
    path.write_bytes("[a]\nb = {value = 'é', illustrative = true}\n".encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8"):
        profiles.load(str(path))
