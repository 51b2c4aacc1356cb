"""Figures of works auctions, computed in one way from the simulated city and from a published set of a real city's auctions.

The set is the one that the code of S. Chassang, K. Kawai, J. Nakabayashi and J. Ortner comes with: auctions of public works
in Tsuchiura, Japan, 2007 to 2015 (``works-auctions`` in the list of sources; the copy read is commit eec0b13). The study
screens such bids for a lack of competition, so the set is real, and no model of a healthy market. ``PUBLISHED`` holds
the least and the greatest of its figures by year, 2007 to 2014, and those of all years together; to compute them again::

    python tests/city/auctions.py tsuchiura_data.csv
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

YEARS = range(2007, 2015)  # of 2015 there is January alone
# figure: (least of a year, greatest of a year, all years)
PUBLISHED = {
    "single bids, %": (0.649, 17.972, 6.134),
    "median margin, % of the estimate": (0.52, 1.097, 0.773),
    "tenders with identical bids, %": (5.53, 25.0, 12.204),
    "bids of at most four digits and zeros, %": (96.196, 99.551, 97.857),
    "award to estimate, 5 %": (0.649, 0.89, 0.792),
    "award to estimate, median": (0.948, 0.984, 0.967),
    "award to estimate, 95 %": (0.983, 0.999, 0.992),
    "concentration of awards (HHI)": (278.731, 870.279, 301.452),
}


def figures(bids: pd.DataFrame) -> dict[str, float]:
    """Figures of bids with the columns tender, firm, amount, estimate and won (one row a tender where it was awarded)."""
    bids = bids.sort_values(["tender", "amount"])
    by_tender = bids.groupby("tender")
    size = by_tender.size()
    several = bids[bids["tender"].isin(size.index[size > 1])].groupby("tender")
    lowest, second = several["amount"].nth(0).to_numpy(), several["amount"].nth(1).to_numpy()
    same = bids.duplicated(["tender", "amount"], keep=False).groupby(bids["tender"]).any()
    digits = bids["amount"].astype("int64").astype(str).str.rstrip("0").str.len()
    won = bids[bids["won"]]
    ratio = won["amount"] / won["estimate"]
    share = won.groupby("firm")["amount"].sum() / won["amount"].sum()
    return {
        "single bids, %": 100 * (size == 1).mean(),
        "median margin, % of the estimate": 100
        * float(np.median((second - lowest) / several["estimate"].first())),
        "tenders with identical bids, %": 100 * same.mean(),
        "bids of at most four digits and zeros, %": 100 * (digits <= 4).mean(),
        "award to estimate, 5 %": ratio.quantile(0.05),
        "award to estimate, median": ratio.median(),
        "award to estimate, 95 %": ratio.quantile(0.95),
        "concentration of awards (HHI)": 10_000 * (share**2).sum(),
    }


def of_city(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The bids of the tenders with competition, as :func:`figures` takes them."""
    tenders, contracts = tables["tenders"], tables["contracts"]
    tenders = tenders[tenders["procurement_method"].isin(["open", "selective"])]
    bids = tables["bids"].query("status != 'withdrawn'").merge(tenders[["tender_id", "cost_estimate"]])
    supplier = bids["tender_id"].map(contracts.set_index("tender_id")["supplier_id"])
    return pd.DataFrame(
        {
            "tender": bids["tender_id"],
            "firm": bids["tenderer_id"],
            "amount": bids["amount"],
            "estimate": bids["cost_estimate"],
            "won": bids["tenderer_id"] == supplier,
        }
    )


def published(file: Path) -> pd.DataFrame:
    """The published set, as :func:`figures` takes it, with the year of each auction."""
    found = pd.read_csv(file, low_memory=False).query("bid > 0")
    return pd.DataFrame(
        {
            "tender": found["pid"],
            "firm": found["bidder_id"],
            "amount": found["bid"],
            "estimate": found["reserveprice"].astype(float),
            "won": found["winner"] == 1,
            "year": found["year"],
        }
    )


def ranges(file: Path) -> dict[str, tuple[float, float, float]]:
    """What ``PUBLISHED`` holds, from the file."""
    bids = published(file)
    by_year = pd.DataFrame([figures(bids[bids["year"] == year]) for year in YEARS])
    everything = figures(bids)
    return {
        name: tuple(round(float(x), 3) for x in (by_year[name].min(), by_year[name].max(), everything[name]))
        for name in by_year
    }


if __name__ == "__main__":
    for name, values in ranges(Path(sys.argv[1])).items():
        print(f"    {name!r}: {values},")
