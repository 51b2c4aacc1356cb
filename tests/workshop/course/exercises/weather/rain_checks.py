"""The checks of the tiny course."""

import pandas as pd

from cleanworks.learn import CheckSet, compare, compare_function

week = pd.DataFrame(
    {"day": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], "mm": [0.0, 4.5, None, 12.0, 3.5, 0.0, 1.0]}
)
stations = pd.DataFrame({"hill": [3.0, 0.0, 8.5, 1.0], "valley": [1.0, 0.5, 6.0, 1.5]})

check = CheckSet("r1")
check_stations = CheckSet("r2")


@check.question("r1-e1", "total_mm")
def total(total_mm):
    mistakes = {
        week[
            "mm"
        ].mean(): "That is the mean of the measured days; the question asks for all of them together.",
        float(len(week)): "You counted the days. Add up what fell on them.",
    }
    return compare(total_mm, week["mm"].sum(), unit="mm", mistakes=mistakes)


@check.question("r1-e2", "measured_days")
def days(measured_days):
    measured = week[week["mm"].notna()]
    mistakes = [
        (set(week["day"]), "One of these days nobody measured."),
        (set(week.loc[week["mm"] > 0, "day"]), "A dry day can be a measured day."),
    ]
    return compare(measured_days, set(measured["day"]), mistakes=mistakes)


@check_stations.question("r2-e1", "difference")
def difference(difference):
    inputs = [(3.0, 1.0), (0.0, 0.5), (8.5, 6.0)]
    mistakes = [(lambda hill, valley: valley - hill, "You subtracted the other way round.")]
    return compare_function(difference, lambda hill, valley: hill - valley, inputs, mistakes=mistakes)
