"""The published figures add up wherever their sources allow a check, and name sources that exist."""

import re
from pathlib import Path

import pytest

from cleanworks.construction import published
from cleanworks.errors import InputError

BIB = Path(__file__).parents[2] / "book" / "references.bib"


def test_every_figure_has_an_existing_source_and_a_known_mark():
    keys = set(re.findall(r"@\w+\{([^,\s]+),", BIB.read_text(encoding="utf-8")))
    for name in published.catalogue()["table"]:
        rows = published.table(name)
        assert not rows.empty
        assert rows["mark"].isin(published.MARKS).all(), name
        assert rows["value"].notna().all(), name
        for cell in rows["source"]:
            assert cell and set(cell.split(";")) <= keys, (name, cell)


def test_complaints_add_up_to_the_published_totals():
    cases = published.series("complaints", "cases", of="by year")
    total = published.series("complaints", "cases since 2011")
    assert cases.loc[2011:2013].sum() == total[2013]
    # 2014 and 2015 are only known together; two published totals give the same number
    both = total[2017] - total[2013] - cases[2016] - cases[2017]
    assert both == total[2015] - total[2013] == 495
    in_2018 = total[2019] - total[2017] - cases[2019]
    growth = published.value("complaints", "growth on the year before")
    assert in_2018 == 318
    assert round(100 * (cases[2019] / in_2018 - 1)) == growth


def test_the_share_of_construction_cases_is_what_the_counts_give():
    share = (
        100
        * published.value("risk_facts", "cases with construction")
        / published.value("risk_facts", "all cases")
    )
    assert round(share, 1) == published.value("risk_facts", "share with construction")


def test_users_of_the_payment_system_grew_twenty_seven_fold():
    # ccs-s33 prints "27 times"
    users = published.series("system_use", "users", of="e-Baro")
    assert int(users[2015] / users[2012]) == 27


def test_the_share_of_arrears_agrees_with_the_amounts():
    share = published.value("arrears", "share of all unpaid wages", year=2023)
    construction = published.value("arrears", "unpaid wages", of="construction", year=2023)
    everything = published.value("arrears", "unpaid wages", of="all industries", year=2023)
    assert 100 * construction / everything == pytest.approx(share, abs=0.06)


def test_an_unknown_table_is_named():
    with pytest.raises(InputError, match="no published table 'weather'"):
        published.table("weather")
