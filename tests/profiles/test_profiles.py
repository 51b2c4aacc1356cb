"""Profiles: what a value says about itself, and what a broken file is told."""

import re
from pathlib import Path

import pytest

from cleanworks import profiles
from cleanworks.errors import InputError
from cleanworks.profiles import rule_sentences

REFERENCES = Path(__file__).parents[2] / "book" / "references.bib"


@pytest.fixture
def seoul():
    return profiles.load("seoul")


def test_seoul_an_example_and_seven_countries_come_with_the_package():
    assert profiles.available() == [
        "exampleland",
        "jordan",
        "malawi",
        "philippines",
        "seoul",
        "thailand",
        "uganda",
        "ukraine",
        "vietnam",
    ]


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
    path.write_text(
        'extends = "seoul"\nmoney_scale = 0.5\n[payment]\ndue_days = {value = 7, source = "ccs-s1"}\n',
        encoding="utf-8",
    )
    home, seoul = profiles.load(str(path)), profiles.load("seoul")
    assert home["payment.due_days"] == 7 and home.cite("payment.due_days") == "ccs-s1"
    assert home["payment.inspection_days"] == seoul["payment.inspection_days"] and home.is_illustrative(
        "payment.inspection_days"
    )
    assert home["labour.card_threshold"] == seoul["labour.card_threshold"] / 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('extends = "nowhere"\n', "extends 'nowhere', and there is no such profile"),
        ('extends = "ugand"\n', "Did you mean 'uganda'"),
        ('extends = "home.toml"\n', "extends itself through others"),
        ('extends = "seoul"\nmoney_scale = -1\n', "'money_scale' is -1"),
        ("money_scale = 2\n", "without `extends`"),
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
        ("[a\n", "home.toml, line 1: The profile cannot be read"),
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


# --- what is known of a country ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "least"),
    [("ukraine", 15), ("uganda", 15), ("vietnam", 15), ("philippines", 10), ("thailand", 10), ("jordan", 10)],
)
def test_a_country_brings_values_with_sources_and_a_date(code, least):
    one = profiles.load(code)
    assert len(one.cited()) >= least
    assert (
        {fact.part for fact in one.facts}
        == {chart.part for chart in one.charts}
        == {"construction", "integrity"}
    )


def test_every_fact_and_chart_names_sources_of_the_bibliography():
    known = set(re.findall(r"^@\w+\{([^,]+),", REFERENCES.read_text(encoding="utf-8"), flags=re.M))
    for code in profiles.available():
        one = profiles.load(code)
        for found in (*one.facts, *one.charts):
            assert set(found.source.split(",")) <= known, (code, found)


def test_a_rule_speaks_for_its_country():
    ukraine, thailand, vietnam = (profiles.load(code) for code in ("ukraine", "thailand", "vietnam"))
    said = ukraine.rule("payment.direct_payment_missed")
    assert "the opposite holds" in said and "no claims on each other" in said
    assert "forbidden" in thailand.rule("subcontracting.allowed")
    assert "there is no such rule. No percentage" in vietnam.rule("procurement.variation_ceiling")
    assert (
        vietnam.rule("payment.performance_guarantee_share")
        == "The performance guarantee is 2 % to 10 % of the contract price."
    )
    assert "no source" in profiles.load("uganda").rule("procurement.minimum_tender_days")
    assert "inflation" in ukraine.rule("payment.late_interest_rate")


@pytest.mark.parametrize(
    "code", [code for code in profiles.available() if code not in {"exampleland", "seoul"}]
)
def test_a_value_that_is_no_general_rule_in_force_says_so_where_a_lesson_shows_it(code):
    one = profiles.load(code)
    narrow = r"not a law|repealed|RA 9184|peacetime|martial law|as public programs|The worker's part|banks excepted"
    for key in rule_sentences.SENTENCES:
        entry = one.entry(key)
        if entry.source and not entry.illustrative and re.search(narrow, entry.note or ""):
            assert entry.says and one.rule(key) == entry.says, key


def test_a_range_names_its_period_once():
    said = profiles.load("vietnam").rule("labour.minimum_wage")
    assert said == "The minimum wage is VND 3,7 m to VND 5,31 m a month."


def test_viet_nam_has_no_districts():
    one = profiles.load("vietnam")
    assert one["names.district_word"] == "ward"
    assert not {"Hai Chau", "Thanh Khe", "Son Tra", "Ngu Hanh Son", "Lien Chieu", "Cam Le", "Hoa Vang"} & set(
        one["names.districts"]
    )


@pytest.mark.parametrize(
    ("code", "exact", "short"),
    [("vietnam", "VND 1.234.568", "VND 1,23 m"), ("ukraine", "UAH 1\u00a0234\u00a0567,89", "UAH 1,23 m"),
     ("jordan", "JOD 1,234,567.891", "JOD 1.23 m"), ("uganda", "UGX 1,234,568", "UGX 1.23 m")],
)  # fmt: skip
def test_money_has_the_country_s_own_decimals_and_marks(code, exact, short):
    one = profiles.load(code)
    assert one.money(1_234_567.891, exact=True) == exact and one.money(1_234_567.891) == short


def test_groups_of_digits_can_have_two_sizes(seoul):
    assert seoul.replace({"currency.grouping": [3, 2]}).money(1_234_567, exact=True) == "KRW 12,34,567"


def test_small_sums_keep_their_decimals():
    assert profiles.load("jordan").money(1.4) == "JOD 1.400" and profiles.load("jordan").money(2) == "JOD 2"


def test_working_days_become_the_calendar_days_that_are_always_enough():
    assert profiles.load("ukraine").calendar_days("disclosure.answer_days") == 7
    assert profiles.load("ukraine").calendar_days("disclosure.publish_days") == 5
    assert profiles.load("uganda").calendar_days("disclosure.answer_days") == 21


def test_an_agency_keeps_the_sources_of_its_country(tmp_path):
    path = tmp_path / "kampala.toml"
    path.write_text(
        'extends = "uganda"\n[payment]\nclient_days = {value = 40, illustrative = true}\n', encoding="utf-8"
    )
    home, uganda = profiles.load(str(path)), profiles.load("uganda")
    assert home.cite("disclosure.answer_days") == "cty-s74" and home["payment.client_days"] == 40
    assert home.facts == uganda.facts and home.cited() == uganda.cited()
    office = tmp_path / "roads.toml"
    office.write_text(
        'extends = "kampala.toml"\n[names]\ncity = {value = "Gulu", illustrative = true}\n', encoding="utf-8"
    )
    assert (
        profiles.load(str(office))["payment.client_days"] == 40
        and profiles.load(str(office)).cite("disclosure.answer_days") == "cty-s74"
    )
    path.write_text(
        'extends = "uganda"\n[payment]\nclient_days = {value = 41, illustrative = true}\n', encoding="utf-8"
    )
    import os

    os.utime(path, ns=(1, 1))
    assert profiles.load(str(office))["payment.client_days"] == 41


def test_another_country_takes_no_source_along(tmp_path):
    path = tmp_path / "kenya.toml"
    path.write_text(
        'extends = "uganda"\n[names]\ncountry = {value = "Kenya", illustrative = true}\n', encoding="utf-8"
    )
    home = profiles.load(str(path))
    assert home.cited() == [] and home.facts == ()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("range = [3, 2]", "a range that is not two numbers"),
        ("range = [2, 3]", "outside its own range"),
        ('rule = "maybe"', 'neither "none"'),
        ('rule = "none"', "`says` does not tell what holds instead"),
        ('days = "lunar"', 'neither "working" nor'),
        ('confidence = "X"', "a confidence that is not V, S or C"),
        ('date = "yesterday"', "a date that is not"),
    ],
)
def test_what_stands_beside_a_value_is_checked(tmp_path, fields, message):
    path = tmp_path / "home.toml"
    path.write_text(f'[a]\nb = {{value = 1, source = "ccs-s1", {fields}}}\n', encoding="utf-8")
    with pytest.raises(InputError, match=f"home.toml, line 2: 'a.b' .*{message}"):
        profiles.load(str(path))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('[[facts]]\npart = "construction"\n', "line 1: An entry of 'facts' has no 'text'"),
        (
            '[[charts]]\npart = "a"\ntitle = "b"\nunit = "c"\nbars = [["x", 1]]\nsource = "ccs-s4"\n',
            "bars that are not pairs",
        ),
        (
            '[[facts]]\npart = "a"\ntext = "b"\nsource = "c"\ndate = "d"\nconfidence = "V"\nsauce = "e"\n',
            "unknown field 'sauce'",
        ),
    ],
)
def test_a_broken_fact_is_told(tmp_path, entry, message):
    path = tmp_path / "home.toml"
    path.write_text(entry, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(message)):
        profiles.load(str(path))
