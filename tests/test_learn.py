"""What a learner sees from a check: its outcomes, and messages that help without giving the answer away."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import unicodedata
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.io import capture_output

from cleanworks.errors import InputError
from cleanworks.learn import (
    Answered,
    CheckSet,
    Correct,
    NotAttempted,
    NotYet,
    Raised,
    compare,
    compare_choice,
    compare_function,
    compare_table,
    every,
    open_answer,
    record,
)
from cleanworks.learn.checkset import assigned_names
from cleanworks.learn.explain import explain
from cleanworks.learn.outcome import MIME
from cleanworks.words import say


def rain_checks() -> CheckSet:
    check = CheckSet("r1")

    @check.question("r1-e1", "total")
    def total(total):
        return compare(
            total, 42.0, unit="mm", mistakes={6.0: "That is the mean; the question asks for the sum."}
        )

    @check.question("r1-e2", "wettest", "driest")
    def extremes(wettest, driest):
        return every(compare(wettest, "Friday"), compare(driest, "Monday"))

    @check.question("r1-e3", "broken")
    def broken(broken):
        return broken.no_such_thing

    return check


class TestOutcomes:
    def test_the_right_value_is_correct(self):
        assert isinstance(rain_checks()("r1-e1", {"total": 42}), Correct)

    def test_the_variables_come_from_the_caller(self):
        total = 42.0
        assert total and isinstance(rain_checks()("r1-e1"), Correct)

    @pytest.mark.parametrize("value", [..., "", "...", [..., 2], {"a": ...}])
    def test_a_placeholder_is_not_attempted_and_the_name_is_given(self, value):
        outcome = rain_checks()("r1-e1", {"total": value})
        assert isinstance(outcome, NotAttempted)
        assert "Replace the three dots of `total`" in outcome.message

    def test_only_the_missing_name_is_asked_for(self):
        outcome = rain_checks()("r1-e2", {"wettest": "Friday"})
        assert isinstance(outcome, NotAttempted)
        assert "Give a value to `driest`" in outcome.message and "`wettest`" not in outcome.message

    def test_a_known_mistake_gets_its_own_feedback(self):
        outcome = rain_checks()("r1-e1", {"total": 6})
        assert isinstance(outcome, NotYet) and "That is the mean" in outcome.message

    def test_the_right_value_is_never_said(self):
        for wrong in (6, 41, 4200, "42", -42, np.nan, [1, 2], {"a": 1}, None):
            outcome = rain_checks()("r1-e1", {"total": wrong})
            assert isinstance(outcome, NotYet) and "42 mm" not in outcome.message.replace("-42 mm", "")

    def test_a_check_that_fails_is_a_message_for_the_learner_and_a_mark_for_the_maintainer(self, monkeypatch):
        monkeypatch.delenv("CLEANWORKS_DEBUG", raising=False)
        outcome = rain_checks()("r1-e3", {"broken": 3})
        assert isinstance(outcome, NotYet) and "AttributeError" in outcome.broken
        assert "AttributeError" not in outcome.message
        assert outcome.record()["broken"] == outcome.broken
        monkeypatch.setenv("CLEANWORKS_DEBUG", "1")
        with pytest.raises(AttributeError):
            rain_checks()("r1-e3", {"broken": 3})

    def test_an_unknown_question_names_those_there_are(self):
        with pytest.raises(InputError, match=r"r1-e9.*`r1-e1`, `r1-e2`"):
            rain_checks()("r1-e9", {})

    def test_two_checks_for_one_question_are_refused(self):
        check = rain_checks()
        with pytest.raises(ValueError, match="two checks"):
            check.question("r1-e1", "total")

    def test_the_function_of_a_check_can_still_be_called_by_its_name(self):
        assert CheckSet("r1").question("r1-e1", "total")(len) is len

    def test_a_check_without_variables_is_refused(self):
        with pytest.raises(ValueError, match="names no variable"):
            rain_checks().question("r1-e4")


class TestShowing:
    def test_a_notebook_gets_text_html_and_data(self):
        bundle = rain_checks()("r1-e1", {"total": 42})._repr_mimebundle_()
        assert bundle["text/plain"].startswith("✓ Correct")
        assert 'role="status"' in bundle["text/html"] and "Correct" in bundle["text/html"]
        assert bundle[MIME] == {"version": 1, "question": "r1-e1", "outcome": "correct", "message": ""}
        json.dumps(bundle)

    @pytest.mark.parametrize(
        ("kind", "said"),
        [
            (Correct, "✓ Correct."),
            (Answered, "✎ Answered: compare with the model answer."),
            (NotYet, "↻ Not yet."),
            (NotAttempted, "○ Not attempted."),
            (Raised, "! Your code raised an error."),
        ],
    )
    def test_a_page_says_what_a_terminal_says(self, kind, said):
        assert str(kind()) == repr(kind()) == said
        outcome = kind("Look at\n`rain`.")
        assert str(outcome) == f"{said} Look at\n`rain`."
        html = outcome._repr_mimebundle_()["text/html"]
        assert re.sub(r"<(?!br)[^>]*>", "", html) == f"{said} Look at<br>rain."
        assert outcome.record()["question"] == "" and outcome.at("r1-e1").record()["question"] == "r1-e1"

    def test_an_answer_cannot_put_html_on_the_page(self):
        html = compare("<script>alert(1)</script>", "sun")._repr_mimebundle_()["text/html"]
        assert "<script>" not in html and "&lt;script&gt;" in html

    @pytest.mark.parametrize("outcome", [Correct, Answered, NotYet, NotAttempted, Raised])
    def test_text_stands_out_from_its_background(self, outcome):
        assert contrast(outcome.ink, outcome.paper) >= 7

    def test_every_outcome_has_a_word_and_an_icon_of_its_own(self):
        kinds = [Correct, Answered, NotYet, NotAttempted, Raised]
        assert len({kind.word for kind in kinds}) == len({kind.icon for kind in kinds}) == 5


class TestRecord:
    def test_nothing_is_written_without_being_asked(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("CLEANWORKS_RECORD", raising=False)
        rain_checks()("r1-e1", {"total": 42})
        assert list(tmp_path.iterdir()) == []

    def test_outcomes_are_counted_without_the_answer(self, tmp_path, monkeypatch):
        file = tmp_path / "mine.json"
        monkeypatch.setenv("CLEANWORKS_RECORD", str(file))
        rain_checks()("r1-e1", {"total": 777777})
        rain_checks()("r1-e1", {"total": 42})
        rain_checks()("r1-e1", {"total": ...})
        entry = record.loads(file.read_bytes())["r1"]["exercises"]["r1-e1"]
        assert (entry["outcome"], entry["checks"]) == ("correct", 2)
        assert "777777" not in file.read_text()

    def test_a_record_that_cannot_be_written_is_a_warning(self, tmp_path, monkeypatch):
        monkeypatch.setenv("CLEANWORKS_RECORD", str(tmp_path / "no" / "such" / "folder"))
        with pytest.warns(UserWarning, match="not recorded") as told:
            assert isinstance(rain_checks()("r1-e1", {"total": 42}), Correct)
        assert told[0].filename == __file__, "the line of the learner's own cell"

    @pytest.mark.parametrize("content", ["", "{", "[]", "{}", "my thesis", "\x00" * 50, "[" * 100_000])
    def test_a_file_that_is_no_record_is_left_alone_and_the_check_answers(
        self, tmp_path, monkeypatch, content
    ):
        file = tmp_path / "mine.json"
        file.write_text(content)
        monkeypatch.setenv("CLEANWORKS_RECORD", str(file))
        with pytest.warns(UserWarning, match="not recorded.*Move it away"):
            assert isinstance(rain_checks()("r1-e1", {"total": 42}), Correct)
        assert file.read_text() == content

    def test_whatever_goes_wrong_the_check_answers(self, tmp_path, monkeypatch):
        monkeypatch.setenv("CLEANWORKS_RECORD", str(tmp_path))
        with pytest.warns(UserWarning, match="not recorded"):
            assert isinstance(rain_checks()("r1-e1", {"total": 42}), Correct)

        def fails(*_):
            raise KeyError

        monkeypatch.setattr(record, "write_outcome", fails)
        with pytest.warns(UserWarning, match="not recorded: .*: KeyError"):
            assert isinstance(rain_checks()("r1-e1", {"total": 42}), Correct)


class TestNumbers:
    @pytest.mark.parametrize("answer", [12, 12.0, np.float32(12), np.int64(12), np.array(12), 12.0000001])
    def test_equal_numbers_of_any_type(self, answer):
        assert isinstance(compare(answer, 12), Correct)

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            ("12", "quotes"),
            ((12, 345), "comma"),
            ((), "a tuple with 0 values"),
            (True, "`True`"),
            (None, "nothing"),
            (float("nan"), "missing number"),
            (float("inf"), "infinite"),
            (-12, "sign"),
            (0.12, "percentage"),
            (1200, "share"),
            (12_000, "1,000 times too large"),
            (0.012, "1,000 times too small"),
            (12e6, "a million times too large"),
            (12e-6, "a million times too small"),
            (12e9, "a thousand million times too large"),
            (12e-9, "a thousand million times too small"),
            (13, "too large"),
            (11, "too small"),
            (pd.Series([1, 2]), "add up"),
            (pd.Series([12]), ".iloc[0]"),
            ([12], "one value inside"),
            (pd.DataFrame({"a": [1]}), "a table with 1 row"),
            (pd.Timedelta(days=12), ".days"),
            (len, "round brackets"),
            (np.array([1, 2]), "an array with 2 values"),
        ],
    )
    def test_each_slip_gets_its_own_message(self, answer, words):
        outcome = compare(answer, 12)
        assert isinstance(outcome, NotYet) and words in outcome.message

    def test_days_are_not_told_about_percentages(self):
        assert "percent" not in compare(1200, 12, unit="days").message
        assert "percent" not in compare([1200], [12], unit="days").message
        assert "1,200 days" in compare([1200], [12], unit="days").message

    @pytest.mark.parametrize("unit", ["", "%", "percent", "share"])
    def test_shares_are(self, unit):
        assert "Did you give a percentage" in compare(1200, 12, unit=unit).message

    def test_a_slip_is_known_within_the_tolerance_of_the_question(self):
        assert "100 times too large" in compare(1203, 12, rtol=0.005).message
        assert "wrong sign" in compare(-12.03, 12, rtol=0.005).message

    def test_large_numbers_are_shown_as_people_write_them(self):
        assert "1,000,000, is too large" in compare(1e6, 5).message

    def test_a_rounded_number_is_told_so(self):
        assert "rounded" in compare(0.33, 1 / 3).message
        assert "rounded" in compare(0.123457, 0.1234567).message

    def test_zero_is_compared_absolutely(self):
        assert isinstance(compare(1e-12, 0), Correct)
        assert isinstance(compare(0.1, 0), NotYet)

    def test_a_mistake_that_equals_the_right_value_is_not_reported(self):
        assert isinstance(compare(15, 15, mistakes={15: "wrong"}), Correct)

    def test_a_mistake_that_is_missing_matches_nothing(self):
        assert compare(3, 4, mistakes={float("nan"): "wrong"}).message != "wrong"

    def test_a_right_value_of_a_kind_that_nothing_compares_is_a_fault_of_the_check(self):
        with pytest.raises(TypeError, match="cannot compare with a right answer of type object"):
            compare(3, object())

    @pytest.mark.parametrize(
        ("answer", "missing", "said"),
        [(3, math.nan, "NaN"), ("2024-04-02", pd.NaT, "missing date")],
    )
    def test_a_right_value_that_is_missing_is_a_fault_of_the_check(self, answer, missing, said):
        with pytest.raises(ValueError, match=said):
            compare(answer, missing)


class TestColumnsAndTables:
    days = pd.Series([1.0, 2.0, np.nan], index=["a", "b", "c"])
    table = pd.DataFrame({"id": ["a", "b", "c"], "rain": [1, 2, 3]})

    def test_rows_are_matched_by_label(self):
        assert isinstance(compare(self.days[::-1], self.days), Correct)

    def test_missing_equals_only_missing(self):
        assert "should stay missing" in compare(self.days.fillna(0), self.days).message
        assert "missing (NaN) in 1 row" in compare(self.days.where(self.days > 1), self.days).message
        assert isinstance(compare(pd.Series([None], dtype=object), pd.Series([np.nan])), Correct)

    def test_the_first_difference_is_shown_with_the_learners_value(self):
        message = compare(self.days.where(self.days != 2, 3), self.days).message
        assert "1 of 3 rows" in message and "`b`" in message and "you have 3" in message

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (days * 100, "100 times too large"),
            (days / 100, "100 times too small"),
            (days.head(2), "2 rows; 3 are expected"),
            ([1, 2, 3], "a list with 3 values"),
            (days.astype(object).map(str), "hold numbers"),
            (table, "Choose one column"),
            (days.rename(index={"a": "z"}), "labelled otherwise"),
        ],
    )
    def test_each_slip_gets_its_own_message(self, answer, words):
        outcome = compare(answer, self.days.fillna(5) if "hold" in words else self.days)
        assert isinstance(outcome, NotYet) and words in outcome.message

    def test_a_table_of_one_column_is_that_column(self):
        assert isinstance(compare(self.days.to_frame(), self.days), Correct)

    def test_numbers_within_the_tolerance_of_the_question_are_the_same(self):
        assert isinstance(compare(self.days + 0.04, self.days, atol=0.05), Correct)
        assert isinstance(compare(self.days * 1.04, self.days, rtol=0.05), Correct)

    def test_among_numbers_the_value_that_is_none_is_shown(self):
        mixed = pd.Series([1, "two"], dtype=object)
        assert "hold numbers. It holds the text `two`" in compare(mixed, pd.Series([1, 2])).message

    def test_text_dtypes_do_not_matter(self):
        assert isinstance(compare(self.table["id"].astype(object), self.table["id"]), Correct)

    def test_a_table_may_have_more_columns(self):
        assert isinstance(compare(self.table.assign(extra=1), self.table), Correct)
        assert isinstance(compare_table(self.table.assign(extra=1), self.table), Correct)

    def test_a_missing_column_is_named_with_a_suggestion(self):
        message = compare(self.table.rename(columns={"rain": "rains"}), self.table).message
        assert "no column `rain`" in message and "Did you mean `rains`" in message

    def test_a_key_matches_rows_in_any_order_also_from_the_index(self):
        shuffled = self.table[::-1].reset_index(drop=True)
        assert isinstance(compare_table(shuffled, self.table, key="id"), Correct)
        assert isinstance(compare_table(shuffled.set_index("id"), self.table, key="id"), Correct)
        twice = self.table.assign(day=["Mon", "Tue", "Mon"])
        shuffled = twice[::-1].reset_index(drop=True)
        assert isinstance(compare_table(shuffled, twice, key=["id", "day"]), Correct)
        assert isinstance(compare_table(shuffled.set_index(["id", "day"]), twice, key=["id", "day"]), Correct)
        decomposed, composed = (
            self.table.assign(id=[unicodedata.normalize(form, name) for name in ("é", "à", "ô")])
            for form in ("NFD", "NFC")
        )
        assert isinstance(compare_table(decomposed, composed, key="id"), Correct)

    def test_rows_without_labels_of_their_own_are_matched_by_position(self):
        assert isinstance(compare(self.table.set_axis([7, 8, 9]), self.table), Correct)
        assert isinstance(compare(self.days.set_axis(["a", "a", "b"]), self.days), Correct)

    def test_order_counts_only_when_asked(self):
        assert isinstance(compare_table(self.table[::-1], self.table), Correct)
        assert "another order" in compare_table(self.table[::-1], self.table, ordered=True).message

    def test_other_rows_under_a_key(self):
        other = self.table.replace({"id": {"a": "x"}})
        assert "not the ones asked for" in compare_table(other, self.table, key="id").message

    def test_a_wrong_table_among_the_mistakes(self):
        wrong = self.table.assign(rain=[0, 0, 0])
        assert compare_table(wrong, self.table, mistakes=[(wrong, "all dry")]).message == "all dry"
        assert compare(wrong, self.table, mistakes=[(wrong, "all dry")]).message == "all dry"


class TestOtherKinds:
    def test_sets_count_what_is_missing_and_what_is_too_many(self):
        message = compare({"a", "x"}, {"a", "b", "c"}).message
        assert "2 that should be there are missing" in message and "`b`" not in message
        assert "1 should not be there, for example `x`" in message
        assert "1 that should be there is missing" in compare({"a"}, {"a", "b"}).message
        assert "should be a set or a list" in compare(5, {5}).message

    @pytest.mark.parametrize("off", [5.5, -5.5])
    def test_numbers_of_a_set_find_their_partners_in_any_order(self, off):
        # Each number but one lies within 6 of two numbers of the other set, and only one way pairs them all.
        right = {float(n) for n in range(0, 100, 10)}
        assert isinstance(compare({n + off for n in right}, right, atol=6), Correct)

    def test_a_list_or_column_may_stand_for_a_set(self):
        assert isinstance(compare(["b", "a", "a"], {"a", "b"}), Correct)
        assert isinstance(compare(pd.Series(["b", "a"]), {"a", "b"}), Correct)

    def test_dates(self):
        right = pd.Timestamp("2024-04-02")
        assert isinstance(compare("2024-04-02", right), Correct)
        assert "one day too early" in compare(pd.Timestamp("2024-04-01"), right).message
        assert "is some days too late" in compare("2024-04-04", right).message
        assert "is some days too early" in compare("2024-03-02", right).message  # 31
        assert "is more than a month too early" in compare("2024-03-01", right).message
        assert "year-month-day" in compare("soon", right).message
        assert "should be a date" in compare(3, right).message

    def test_lengths_of_time(self):
        right = pd.Timedelta(days=3)
        assert isinstance(compare(dt.timedelta(days=3), right), Correct)
        assert "too long" in compare(pd.Timedelta(days=4), right).message
        assert "too short" in compare(pd.Timedelta(days=2), right).message
        assert "should be a length of time" in compare(3, right).message

    def test_words_ignore_capitals_and_spaces(self):
        assert isinstance(compare("  fri  DAY ", "Fri day"), Correct)

    def test_lists_and_dicts_say_which_part(self):
        assert "Value 2" in compare([1, 5], [1, 2]).message
        for right in ([1, 2], np.array([1, 2])):
            assert "has 1 value; the question asks for 2" in compare([1], right).message
        assert "no entry `b`" in compare({"a": 1}, {"a": 1, "b": 2}).message
        assert "The entry `b`" in compare({"a": 1, "b": 5}, {"a": 1, "b": 2}).message

    def test_true_and_false(self):
        assert isinstance(compare(np.bool_(True), True), Correct)
        assert "True` or `False" in compare("True", True).message

    @pytest.mark.parametrize(
        ("answer", "called"),
        [
            (None, "`None`, that is, nothing; `print(...)`"),
            (pd.DataFrame({"a": [1], "b": [2]}), "a table with 1 row and 2 columns."),
            (pd.Series([1, 2]), "a column with 2 rows."),
            ("True", "the text `True`."),
            ("x" * 40, f"the text `{'x' * 40}`."),
            ("x" * 41, f"the text `{'x' * 37}...`."),
            (12345, "the number `12,345`."),
            (Decimal("0.5"), "the number `"),
            (10**400, "a number with more than 300 digits."),
            (dt.date(2024, 3, 1), "a date."),
            (dt.timedelta(3), "a length of time."),
            ([1], "a list with 1 value."),
            (np.array([1, 2]), "an array with 2 values."),
            (pd.Index(["a"]), "an index with 1 value."),
            ({"a": 1}, "a dictionary with 1 entry."),
            ({"a": 1, "b": 2}, "a dictionary with 2 entries."),
            (len, "a function that was not called: put round brackets"),
            (object(), "of the type `object`."),
        ],
    )
    def test_an_answer_of_another_kind_is_called_what_it_is(self, answer, called):
        assert f"without quotes. It is {called}" in compare(answer, True).message

    def test_choices(self):
        options = ["gauge", "radar"]
        assert isinstance(compare_choice("Gauge", "gauge", options=options), Correct)
        assert "`gauge`, `radar`" in compare_choice("cloud", "gauge", options=options).message
        assert compare_choice("radar", "gauge", options=options, mistakes={"radar": "no"}).message == "no"


class TestTheSameHeldOtherwise:
    """What is equal is accepted, however Python holds it; what differs is still told."""

    days = (dt.date(2024, 3, 1), dt.date(2024, 3, 2))
    e_one, e_two = "Séoul", unicodedata.normalize("NFD", "Séoul")

    @pytest.mark.parametrize(
        ("answer", "right"),
        [
            (e_two, e_one),
            (e_one, e_two),
            ([e_two, "b"], [e_one, "b"]),
            ({e_two}, {e_one}),
            ([(e_two, 1)], {(e_one, 1)}),
            ({e_two: 1}, {e_one: 1}),
            (pd.Series([1, 2], index=[e_two, "b"]), {e_one: 1, "b": 2}),
            (pd.Series([1, 2], index=["b", e_two]), pd.Series([2, 1], index=[e_one, "b"])),
            (pd.DataFrame({e_two: [1]}), pd.DataFrame({e_one: [1]})),
            (pd.DataFrame({"a": [e_two]}), pd.DataFrame({"a": [e_one]})),
            (pd.Series([1, 2, 3], dtype=object), pd.Series([1, 2, 3])),
            (pd.Series([Decimal("0.1"), Decimal("2")]), pd.Series([0.1, 2.0])),
            (pd.Series([1, None, 3], dtype="Int64"), pd.Series([1, np.nan, 3])),
            (pd.Series([1, 2]).astype("category"), pd.Series([1, 2])),
            (pd.DataFrame({"a": pd.Series([1, 2], dtype=object)}), pd.DataFrame({"a": [1, 2]})),
            (Decimal("0.3"), 0.1 + 0.2),
            (Fraction(1, 4), 0.25),
            (pd.Series(list(days)), pd.Series(pd.to_datetime(list(days)))),
            (pd.Series(pd.to_datetime(list(days))), pd.Series(list(days))),
            (pd.Series([1, 2], index=list(days)), pd.Series([1, 2], index=pd.to_datetime(list(days)))),
            (pd.DataFrame({"day": list(days)}), pd.DataFrame({"day": pd.to_datetime(list(days))})),
            (set(days), set(pd.to_datetime(list(days)))),
            ({0.1 + 0.2, 1.0}, {0.3, 1}),
            ({1 / 3, 2 / 3}, {0.33333333333, 0.66666666667}),
            (range(3), [0, 1, 2]),
            ([1, 2], np.array([1, 2])),
            (["a"], pd.Index(["a"])),
            (None, None),
            ({"a": 1}.keys(), {"a"}),
        ],
    )
    def test_it_is_accepted(self, answer, right):
        assert isinstance(compare(answer, right), Correct), compare(answer, right)

    @pytest.mark.parametrize(
        ("answer", "right", "said"),
        [
            (10**400, 12, "far too large"),
            (Decimal("-1e5000"), 12, "far too large"),
            ([10**400], [12], "far too large"),
            (pd.Series([10**400, 1]), pd.Series([1.0, 1.0]), "300 digits"),
            ({10**400}, {1.0}, "300 digits"),
            (Decimal("Infinity"), 12, "infinite"),
            ({0.1, 0.5}, {0.1, 0.6}, "0.5"),
            ({1.0, 1.0 + 1e-9}, {1.0, 2.0}, "missing"),
            (pd.Series(["1", "2"]), pd.Series([1, 2]), "hold numbers"),
            (pd.Series([True, False], dtype=object), pd.Series([1, 0]), "hold numbers"),
            (
                pd.Series([dt.date(2024, 3, 1), dt.date(2024, 3, 3)]),
                pd.Series(pd.to_datetime(list(days))),
                "differs in 1",
            ),
            ("Seoul", "Séoul", "not the one"),
        ],
    )
    def test_a_difference_gets_an_answer(self, answer, right, said):
        outcome = compare(answer, right)
        assert isinstance(outcome, NotYet) and said in outcome.message, outcome

    def test_a_word_of_a_choice(self):
        assert isinstance(compare_choice(self.e_two, self.e_one, options=[self.e_one, "Busan"]), Correct)


class TestOpenQuestions:
    rubric = ("names the station", "says how sure it is", "does not call a week a climate")

    def asked(self, text):
        return open_answer(text, self.rubric, least_words=6)

    @pytest.mark.parametrize(
        "text",
        [
            "The north station is wetter, but one week says little about the climate.",
            "It surely proves that the climate of the north is wetter for ever.",
            "북쪽 관측소가 더 젖어 있지만 한 주로는 기후를 말할 수 없습니다",
            "สถานีเหนือมีฝนมากกว่าแต่หนึ่งสัปดาห์บอกอะไรได้น้อย",
        ],
    )
    def test_good_and_bad_texts_alike_are_answered_and_never_correct(self, text):
        outcome = self.asked(text)
        assert isinstance(outcome, Answered) and outcome.rubric == self.rubric

    def test_a_text_may_say_each_word_twice(self):
        assert isinstance(self.asked("It rains and it rains and"), Answered)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("North is wetter.", "3 words"),
            ("wet wet wet wet wet wet wet", "repeats"),
            ("wet wet wet dry dry dry", "repeats"),
            (12, "text in quotes"),
            (None, "text in quotes"),
        ],
    )
    def test_what_is_no_attempt_gets_no_rubric(self, text, said):
        outcome = self.asked(text)
        assert isinstance(outcome, NotYet) and said in outcome.message

    def test_a_closed_part_comes_first(self):
        text = "The north station is wetter, but one week says little about the climate."
        assert isinstance(every(compare(1, 2), self.asked(text)), NotYet)
        assert isinstance(every(compare(2, 2), self.asked(text)), Answered)

    def test_of_several_right_answers_the_last_one_is_praised(self):
        assert every(compare(1, 1, praise="first"), compare(2, 2, praise="last")).message == "last"

    def test_twelve_words_are_an_answer_unless_the_question_says_otherwise(self):
        words = ["The", "north", "is", "wetter,", "but", "one", "week", "says", "little", "about", "a"]
        assert isinstance(open_answer(" ".join(words), self.rubric), NotYet)
        assert isinstance(open_answer(" ".join([*words, "climate"]), self.rubric), Answered)


def open_checks():
    check = CheckSet("r1")

    @check.question("r1-e4", "note")
    def note(note):
        return open_answer(note, TestOpenQuestions.rubric, least_words=6)

    @check.question("r1-e5", "total")
    def total(total):
        return compare(total, 42)

    return check


class TestTicks:
    note = "The north station is wetter, but one week says little about the climate."

    def test_the_rubric_is_shown_and_how_to_tick_it(self):
        bundle = open_checks()("r1-e4", {"note": self.note})._repr_mimebundle_()
        assert bundle[MIME]["rubric"] == list(TestOpenQuestions.rubric) and "ticks" not in bundle[MIME]
        assert bundle["text/html"].count("<li>") == 3 and "ticks=[1, 2]" in bundle["text/html"]
        assert "☐ names the station" in bundle["text/plain"] and "Correct" not in bundle["text/plain"]

    def test_ticks_are_kept_and_can_be_taken_back(self, tmp_path, monkeypatch):
        file = tmp_path / "mine.json"
        monkeypatch.setenv("CLEANWORKS_RECORD", str(file))
        check = open_checks()

        def kept():
            return record.loads(file.read_bytes())["r1"]["exercises"]["r1-e4"]

        check("r1-e4", {"note": self.note})
        assert kept()["outcome"] == "answered" and "ticks" not in kept()
        told = check("r1-e4", {"note": self.note}, ticks=[3, 1])
        assert told.ticks == (True, False, True) and kept()["ticks"] == [True, False, True]
        assert told.record()["ticks"] == [True, False, True]
        assert str(told).splitlines()[1:5] == [
            "My text",
            "  1. ☑ names the station",
            "  2. ☐ says how sure it is",
            "  3. ☑ does not call a week a climate",
        ]
        check("r1-e4", {"note": self.note})
        assert kept()["ticks"] == [True, False, True]
        check("r1-e4", {"note": self.note}, ticks=[])
        assert kept()["ticks"] == [False] * 3 and kept()["checks"] == 1
        assert "climate" not in file.read_text()

    @pytest.mark.parametrize("ticks", [[0], [4], ["1"], [True], "12", 3, [1.0]])
    def test_ticks_that_name_no_line_are_refused(self, ticks):
        with pytest.raises(InputError, match="r1-e4"):
            open_checks()("r1-e4", {"note": self.note}, ticks=ticks)

    def test_there_is_nothing_to_tick_before_an_answer_or_in_a_closed_question(self):
        assert isinstance(open_checks()("r1-e4", {"note": ...}, ticks=[1]), NotAttempted)
        with pytest.raises(InputError, match="one right answer"):
            open_checks()("r1-e5", {"total": 42}, ticks=[1])


class TestFunctions:
    @staticmethod
    def right(mm, days):
        return mm / days

    def test_a_function_is_called_with_each_input(self):
        inputs = iter([(6, 2), (9, 3)])
        assert isinstance(compare_function(lambda mm, days: mm / days, self.right, inputs), Correct)

    def test_an_error_inside_shows_the_arguments(self):
        outcome = compare_function(lambda mm, days: mm / 0, self.right, [(6, 2)])
        assert isinstance(outcome, Raised)
        assert "called with 6, 2" in outcome.message and "divided by zero" in outcome.message
        cell: dict = {"rain": 3}
        exec("def depth(mm, days):\n    return rian", cell)
        message = compare_function(cell["depth"], self.right, [(6, 2)]).message
        assert "Did you mean `rain`" in message and "Line 2" in message

    def test_a_function_that_gives_nothing_is_not_attempted(self):
        for nothing in (None, ...):
            outcome = compare_function(lambda mm, days, made=nothing: made, self.right, [(6, 2)])
            assert isinstance(outcome, NotAttempted)
        only_some = compare_function(lambda mm, days: None if days == 2 else 3, self.right, [(6, 2), (9, 3)])
        assert isinstance(only_some, NotYet) and "called with 6, 2" in only_some.message

    def test_a_wrong_result_shows_the_arguments_and_what_came(self):
        message = compare_function(lambda mm, days: mm * days, self.right, [(6, 2)]).message
        assert "called with 6, 2 and gave 12" in message and "too large" in message

    def test_a_known_wrong_function_gets_its_feedback(self):
        mistakes = [(lambda mm, days: mm * days, "You multiplied.")]
        outcome = compare_function(lambda a, b: a * b, self.right, [(6, 2)], mistakes=mistakes)
        assert outcome.message == "You multiplied."

    def test_arguments_are_protected_from_the_learners_function(self):
        values = [1, 2]

        def clears(given):
            given.clear()
            return 0

        compare_function(clears, sum, [(values,)])
        assert values == [1, 2]

    def test_the_result_of_a_call_is_not_a_function(self):
        assert "made with `def`" in compare_function(3, self.right, [(6, 2)]).message


ERRORS = [
    ("rian + 1", "Did you mean `rain`"),
    ("table['rian']", "no column `rian`. Did you mean `rain`? Its columns are `day`, `rain`"),
    ("table[['rain', 'wind']]", "these columns does not exist"),
    ("table.groupby('day')['rian'].sum()", "`day`, `rain`"),
    ("{'a': 1}['b']", "no entry 'b'"),
    ("'3' + 4", "mixing text and a number"),
    ("4 + '3'", "mixing text and a number"),
    ("'3' > 4", "mixing text and a number"),
    ("... + 4", "placeholder"),
    ("None + 4", "nothing"),
    ("1 / 0", "divided by zero"),
    ("[1][5]", "Counting starts at 0"),
    ("table.colums", "Did you mean `columns`"),
    ("float('x')", "A text is not a number: could not convert string"),
    ("int('x')", "A text is not a number: invalid literal"),
    ("[].remove(1)", "A value does not fit: list.remove"),
    ("table['rain'].str.upper()", "A value does not fit: Can only use .str accessor with string values"),
    ("[] > 4", "Two kinds of value do not go together"),
    ("rain(2)", "followed by round brackets"),
    ("rain[0]", "Did you mean round brackets"),
    ("len(1, 2)", "called with arguments that do not fit"),
    ("{}.popitem()", "no entry"),
    ("def f(): f()\nf()", "calls itself without end"),
    ("if table['rain'] > 1: pass", "`&` or `|`"),
    ("import no_such_library", "`no_such_library` is not installed"),
    ("open('nowhere.csv')", "no file `nowhere.csv`"),
    ("table.query('rian > 2')", "Python knows no `rian`. Did you mean `rain`"),
    ("def f():\n    inside = 1\n    return insdie\nf()", "Did you mean `inside`"),
    ("x = (1", "missing bracket"),
    ("x = (1", "Python stopped at `x = (1`"),
    ("y = 1\nx = (1", "(Line 2 of that cell.)"),
    ("  y = 1\n x = 2", "start of a line"),
]


def _explained(code):
    namespace = {"table": pd.DataFrame({"day": ["Mon"], "rain": [3]}), "rain": 3}
    with pytest.raises(Exception) as caught:
        exec(compile(code, "cell", "exec"), namespace)
    return explain(caught.value, namespace)


def _sentences(text):
    return set(re.split(r"(?<=[.?!]) ", text))


class TestPlainWords:
    @pytest.mark.parametrize(
        ("error", "said"),
        [
            (ValueError("x" * 200), "x" * 200),
            (ValueError("x" * 201), "x" * 197 + "..."),
            (ValueError("First. \nSecond."), "First"),
            (ValueError(), "ValueError"),
        ],
    )
    def test_of_an_unknown_error_its_first_line_is_said(self, error, said):
        assert explain(error) == f"A value does not fit: {said}"

    def test_an_error_of_a_kind_without_words_is_named(self):
        assert explain(RuntimeError("It rains.")) == "RuntimeError: It rains"

    def test_at_most_twelve_columns_are_listed(self):
        wide = pd.DataFrame(columns=[f"c{n}" for n in range(14)])
        with pytest.raises(KeyError) as caught:
            wide["d"]
        assert explain(caught.value).endswith("`c10`, `c11` and 2 more.")

    @pytest.mark.parametrize(("code", "words"), ERRORS)
    def test_common_errors(self, code, words):
        assert words in _explained(code)

    @pytest.mark.parametrize("language", ["ar", "fr", "ko"])
    def test_no_sentence_stays_english_in_an_edition_of_another_language(self, language):
        codes = [
            *(code for code, _ in ERRORS), "strange", "table['strange']", "pd", "x = [1 2]", "rain.day", "table['day'].rian",
            "len(1, 2)", "rain(2)", "rain[0]", "[] + 1",
        ]  # fmt: skip
        told = {code: _explained(code) for code in codes}
        assert {
            code: stayed
            for code, text in told.items()
            if (stayed := _sentences(text) & _sentences(say(text, language)))
        } == {}
        inside = f"The cell that sets `rain` stopped before its end. {told['table.colums']}"
        assert not _sentences(inside) & _sentences(say(inside, language))


@pytest.fixture
def notebook():
    """A shell that runs cells as a notebook does, and gives what the last line shows."""
    shell = InteractiveShell()
    shell.user_ns["make"] = rain_checks

    def run(code: str):
        with capture_output():
            return shell.run_cell(code).result

    # CheckSet finds the shell through get_ipython, as in a real kernel.
    import IPython

    original = IPython.get_ipython
    IPython.get_ipython = lambda: shell
    yield run
    IPython.get_ipython = original


class TestInANotebook:
    def test_a_cell_that_raised_is_explained(self, notebook):
        notebook("check = make()")
        notebook("rain = [1, 2]\ntotal = sum(rian)")
        outcome = notebook("check('r1-e1')")
        assert isinstance(outcome, Raised)
        assert "`total`" in outcome.message and "Did you mean `rain`" in outcome.message
        assert "Line 2" in outcome.message

    def test_an_old_value_does_not_hide_the_error(self, notebook):
        notebook("check = make()")
        notebook("total = 42")
        notebook("total = 1 / 0")
        assert isinstance(notebook("check('r1-e1')"), Raised)

    def test_it_is_still_explained_when_the_first_cell_is_run_again(self, notebook):
        notebook("check = make()")
        notebook("total = 1 / 0")
        notebook("check = make()")
        assert isinstance(notebook("check('r1-e1')"), Raised)

    def test_the_repaired_cell_counts(self, notebook):
        notebook("check = make()")
        notebook("total = 1 / 0")
        assert isinstance(notebook("total = 42\ncheck('r1-e1')"), Correct)

    def test_a_cell_that_cannot_be_read(self, notebook):
        notebook("check = make()")
        notebook("total = (1 +")
        outcome = notebook("check('r1-e1')")
        assert isinstance(outcome, Raised) and "could not read the code" in outcome.message

    def test_another_cells_error_does_not_matter(self, notebook):
        notebook("check = make()")
        notebook("total = 42")
        notebook("other = 1 / 0")
        assert isinstance(notebook("check('r1-e1')"), Correct)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("a = b = 1", {"a", "b"}),
        ("a, (b, *c) = f()", {"a", "b", "c"}),
        ("a += 1", {"a"}),
        ("for i in x:\n    a = i", {"i", "a"}),
        ("def f():\n    inner = 1", {"f"}),
        ("t['late'] = 1", {"t"}),
        ("t.loc[0, 'x'] = 1", {"t"}),
        ("f().x = 1", set()),
        ("total = (", {"total"}),
        ("a = 1\nb = (", {"a", "b"}),
        ("if a == (", set()),
        ("", set()),
    ],
)
def test_the_names_a_cell_sets(code, names):
    assert assigned_names(code) == names


def contrast(ink: str, paper: str) -> float:
    """WCAG contrast ratio of two colours written as #rrggbb."""

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("given", "right"), [(0.028, 0.02772), (24, 24.449), (0.21, 0.21286), (0.4, 0.41), (6, 5.831)]
)
def test_a_number_rounded_as_it_is_shown_is_called_rounded(given, right):
    """Some were called too large or too small, which sent learners looking for another mistake."""
    assert "looks rounded" in str(compare(given, right))


def test_a_number_that_only_ends_alike_is_not_called_rounded():
    assert "too large" in str(compare(1, 0.6)) and "too small" in str(compare(11, 11.6))


def test_a_choice_with_a_hyphen_is_the_same_word():
    options = ["published", "backed out", "through_prime"]
    assert compare_choice("Backed-out", "backed out", options=options).kind == "correct"
    assert compare_choice("through prime", "through_prime", options=options).kind == "correct"


RIGHT = pd.Series([1.0, 2.0, 3.0], index=["a", "b", "c"])
OF_ANOTHER_KIND = {
    "a number": (3.0, ["x", "7", None, True, (1, 2), RIGHT, RIGHT.head(1), [4.0], {"a": 1}, len, dt.timedelta(3), math.inf, 3e3, 3e-6, -3.0]),
    "a text": ("x", [5, None, RIGHT, "y"]),
    "a truth": (True, [False, "True", 1.5]),
    "a day": (pd.Timestamp("2024-03-31"), ["31 Mars?", "2024-04-01", "2024-02-01", 4, pd.NaT]),
    "a time": (pd.Timedelta("3D"), [3, pd.Timedelta("4D"), pd.Timedelta("1D")]),
    "a set": ({1, 2}, [{1}, {1, 2, 5}, {7}, {1, 5}, "x", [[1]]]),
    "a list": ([1.0, 2.0], [[1.0], [1.0, 5.0], 7, RIGHT]),
    "names and values": ({"a": 1.0}, [{"b": 1.0}, {"a": 1.0, "b": 2.0}, {"a": 2.0}, 3]),
    "a column": (RIGHT, [5, RIGHT.head(2), RIGHT * 2, RIGHT * 1000, RIGHT.where(RIGHT < 2), RIGHT.set_axis(["a", "b", "z"]), RIGHT.astype(str), RIGHT.to_frame().assign(more=1)]),
    "a table": (RIGHT.to_frame("n"), [5, RIGHT.to_frame("m"), RIGHT.head(1).to_frame("n"), RIGHT.to_frame("n") * 2]),
}  # fmt: skip


@pytest.mark.parametrize("language", ["fr", "ko", "ar"])
@pytest.mark.parametrize("kind", OF_ANOTHER_KIND)
def test_what_is_said_of_a_wrong_answer_is_in_the_reader_s_language(language, kind):
    right, given = OF_ANOTHER_KIND[kind]
    english = r"\b(is|has|have|it|the|should|that|rows|values|in|of|with|too)\b"
    for answer in given:
        message = compare(answer, right).message
        said = say(message, language)
        assert message and not re.search(english, re.sub(r"`[^`]*`", "", said)), said
