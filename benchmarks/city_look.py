"""Draw the main distributions of the simulated city, to be looked at.

    python benchmarks/city_look.py [--profile seoul] [--projects 900] FILE.png

A simulated city that looks like uniform noise teaches nothing. Look for: a long tail of large contracts, S-curves,
payments that cluster before the limit with a tail behind it, tenders that follow the budget year, quiet Sundays, and
delays of which some stand apart.
"""

from __future__ import annotations

import argparse

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from cleanworks import city, figures, profiles

MONTHS, MONTHS_AT = list("JFMAMJJASOND"), list(range(1, 13))
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
BLUE, ORANGE, GREY = (figures.COLOURS[name] for name in ("blue", "orange", "grey"))


def draw(tables: dict[str, pd.DataFrame], profile: profiles.Profile) -> plt.Figure:
    figure, axes = plt.subplots(4, 2, figsize=(11, 15), layout="constrained")
    for panel, axis in zip(
        (sizes, curves, lags, client_lags, seasons, weekdays, overruns, bids), axes.ravel(), strict=True
    ):
        panel(axis, tables, profile)
    figure.suptitle(f"The simulated city, profile {profile.code}, {len(tables['projects']):,} projects")
    return figure


def sizes(axis, tables, profile):
    value = tables["contracts"]["value_amount"]
    axis.hist(value, bins=np.geomspace(value.min(), value.max(), 40), color=BLUE)
    axis.set(
        xscale="log", title="Contract sizes", xlabel=f"Price ({profile['currency.code']})", ylabel="Contracts"
    )


def curves(axis, tables, profile):
    late = set(tables["planted"].query("kind == 'delayed_project'")["row_id"])
    shown = [item for item in tables["progress"].groupby("contract_id") if len(item[1]) > 12][::14]
    for contract, own in shown:
        months = np.arange(len(own)) / max(1, (own["planned"] < 100).sum())
        axis.plot(months, own["actual"], color=ORANGE if contract in late else BLUE, linewidth=0.8)
    axis.set(
        title="Actual progress (orange: planted delay)",
        xlabel="Time (1 = planned duration)",
        ylabel="Per cent",
        xlim=(0, 2.2),
    )


def lags(axis, tables, profile):
    paid = tables["payments"].query("payee_type == 'subcontractor' and tier == 1")
    lag = (paid["date_paid"] - paid["date_received"]).dt.days.dropna()
    axis.hist(lag.clip(upper=80), bins=np.arange(82), color=BLUE)
    axis.axvline(profile["payment.prime_to_sub_days"] + 0.5, color=ORANGE)
    axis.set(
        yscale="log",
        title="Days from prime to subcontractor",
        xlabel="Days (80 and more in the last bar)",
        ylabel="Payments",
    )


def client_lags(axis, tables, profile):
    lag = (tables["claims"]["date_paid"] - tables["claims"]["date_claimed"]).dt.days.dropna()
    axis.hist(lag.clip(upper=60), bins=np.arange(62), color=BLUE)
    axis.set(
        title="Days from claim to payment by the client",
        xlabel="Days (60 and more in the last bar)",
        ylabel="Claims",
    )


def seasons(axis, tables, profile):
    month = tables["tenders"]["date_published"].dt.month.value_counts().reindex(range(1, 13), fill_value=0)
    axis.bar(MONTHS_AT, month, color=BLUE)
    axis.set_xticks(MONTHS_AT, MONTHS)
    axis.set(title="Tenders published by month", ylabel="Tenders")


def weekdays(axis, tables, profile):
    daily = tables["reports"].query("report_type == 'daily'")["date"].dt.day_of_week
    axis.bar(DAYS, daily.value_counts().reindex(range(7), fill_value=0), color=BLUE)
    axis.set(title="Daily reports by day of the week", ylabel="Reports")


def overruns(axis, tables, profile):
    late = set(tables["planted"].query("kind == 'delayed_project'")["row_id"])
    done = tables["contracts"].merge(tables["projects"][["project_id", "completion_end_date"]]).dropna()
    share = (
        (done["completion_end_date"] - done["period_end"]) / (done["period_end"] - done["period_start"]) * 100
    )
    planted = done["contract_id"].isin(late)
    axis.hist(
        [share[~planted], share[planted]], bins=np.arange(-40, 160, 4), stacked=True, color=[BLUE, ORANGE]
    )
    axis.set(
        title="Time overrun of completed works (orange: planted)",
        xlabel="Per cent of planned duration",
        ylabel="Contracts",
    )


def bids(axis, tables, profile):
    offers = tables["bids"].merge(tables["tenders"][["tender_id", "cost_estimate", "procurement_method"]])
    ratio = offers["amount"] / offers["cost_estimate"] * 100
    for method, colour in (("open", BLUE), ("selective", ORANGE), ("limited", GREY)):
        axis.hist(
            ratio[offers["procurement_method"] == method],
            bins=np.arange(83, 108, 0.5),
            histtype="step",
            color=colour,
            label=method,
        )
    axis.legend()
    axis.set(title="Bids against the estimate", xlabel="Per cent of the estimate", ylabel="Bids")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", help="where to put the picture")
    parser.add_argument("--profile", default="seoul")
    parser.add_argument("--projects", type=int, default=900)
    chosen = parser.parse_args()
    profile = profiles.load(chosen.profile)
    draw(city.make(chosen.projects, profile=profile), profile).savefig(chosen.file, dpi=80)


if __name__ == "__main__":
    main()
