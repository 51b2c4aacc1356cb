"""All indicators of tenders and of the market on a set of national size: the product on DuckDB against SQL written by hand.

    python benchmarks/engines.py [--millions 10] [--memory 6GB] [--threads 2] [--folder FOLDER] [--projects 300] [--older FOLDER]

The tables (tenders, four times as many bids, awards with items, contracts) are made, not real, and lie in Parquet files. Each side
runs in a process of its own: wall and CPU seconds, highest memory, and for each indicator what it looked at and flagged, which must be
equal but for one case at a fence. The limits are 8 GiB and 1.2 times the time of the hand-written queries. On a city of some projects the indicators
in memory are timed too, beside those of FOLDER, another checkout of this project. Without tenders (`--millions 0`) only these are.

DuckDB's quartiles are Hyndman and Fan's type 7 and the product's are type 8, so at a fence one case more or less may be flagged.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT_GIB, LIMIT_RATIO = 8, 1.2

MAKE = {
    "tenders": """
SELECT 'ocds-b4n7-' || lpad(i::VARCHAR, 9, '0') AS tender_id, 'complete' AS status,
       CASE hash(i) % 10 WHEN 0 THEN 'direct' WHEN 1 THEN 'selective' ELSE 'open' END AS procurement_method,
       TIMESTAMP '2023-01-01' + to_hours((hash(i + 1) % 20000)::INTEGER) AS tender_start,
       TIMESTAMP '2023-01-01' + to_hours((hash(i + 1) % 20000 + 96 + hash(i + 2) % 900)::INTEGER) AS tender_end,
       (hash(i + 3) % 900000 + 1000)::DOUBLE * 1000 AS cost_estimate, hash(i + 4) % 7 + 1 AS number_of_tenderers,
       'B-' || (hash(i + 5) % 5000)::VARCHAR AS buyer_id
FROM range({tenders}) AS t(i)""",
    "bids": """
SELECT 'b' || (b // {tenders})::VARCHAR AS bid_id, 'ocds-b4n7-' || lpad((b % {tenders})::VARCHAR, 9, '0') AS tender_id,
       'F-' || lpad((hash(b) % 50000)::VARCHAR, 6, '0') AS tenderer_id,
       ((hash(b % {tenders} + 3) % 900000 + 1000) * (850 + hash(b + 1) % 200))::DOUBLE AS amount, 'KRW' AS currency,
       CASE hash(b + 2) % 20 WHEN 0 THEN 'disqualified' ELSE 'valid' END AS status,
       TIMESTAMP '2023-01-01' + to_hours((hash(b % {tenders} + 1) % 20000 + 90 + hash(b + 3) % 900)::INTEGER) AS date
FROM range(4 * {tenders}) AS t(b)""",
    "awards": """
SELECT 'a-' || tender_id AS award_id, tender_id, 'active' AS status, tenderer_id AS supplier_id, amount, currency
FROM (SELECT tender_id, arg_min(tenderer_id, amount) AS tenderer_id, min(amount) AS amount, any_value(currency) AS currency
      FROM read_parquet('{folder}/bids.parquet') WHERE status = 'valid' GROUP BY tender_id)""",
    "award_items": """
SELECT award_id, tender_id, lpad((hash(award_id) % 9000)::VARCHAR, 4, '0') AS classification_id
FROM read_parquet('{folder}/awards.parquet')""",
    "contracts": """
SELECT 'c-' || tender_id AS contract_id, tender_id, supplier_id, amount AS value_amount, currency
FROM read_parquet('{folder}/awards.parquet')""",
}

# What an analyst would write who knows that these tables have one lot, one currency and no joint bid in each process.
FENCES = """, q AS (SELECT quantile_cont({value}, 0.25) AS q1, quantile_cont({value}, 0.75) AS q3 FROM found),
  f AS (SELECT q1 - 1.5 * (q3 - q1) AS low, q3 + 1.5 * (q3 - q1) AS high, q1, q3 FROM q)"""
MARGINS = """CREATE TEMP TABLE margins AS
  WITH won AS (SELECT tender_id, any_value(supplier_id) AS winner, any_value(amount) AS price FROM awards
               WHERE status = 'active' GROUP BY tender_id HAVING count(*) = 1),
  units AS (SELECT tender_id, min(amount) FILTER (tenderer_id = winner) AS own, min(amount) FILTER (tenderer_id <> winner) AS second,
                   any_value(price) AS price, any_value(winner) AS winner
            FROM bids JOIN won USING (tender_id) WHERE status = 'valid' GROUP BY tender_id HAVING count(DISTINCT currency) = 1)
  SELECT tender_id, winner, second, (second - price) / price AS margin FROM units WHERE own IS NOT NULL AND second >= price"""
BY_HAND = {
    "R003": "SELECT count(*), count(*) FILTER (tender_end - tender_start < INTERVAL 15 DAYS) FROM tenders WHERE tender_end >= tender_start",
    "R018": """WITH came AS (SELECT tender_id, count(DISTINCT tenderer_id) AS firms FROM bids WHERE status IN ('valid', 'disqualified', 'pending') GROUP BY 1)
               SELECT count(*), count(*) FILTER (number_of_tenderers = 1) FROM tenders LEFT JOIN came USING (tender_id)
               WHERE procurement_method IN ('open', 'selective') AND NOT coalesce(firms > number_of_tenderers, false)""",
    "R024": "WITH found AS (SELECT * FROM margins)" + FENCES.format(value="margin")
            + " SELECT count(*), count(*) FILTER (low > 0 AND margin <= low) FROM found, f",
    "R058": "WITH found AS (SELECT * FROM margins)" + FENCES.format(value="margin")
            + " SELECT count(*), count(*) FILTER (high > 0 AND margin >= high) FROM found, f",
    "R025": """WITH pairs AS (SELECT DISTINCT tender_id, tenderer_id FROM bids WHERE status = 'valid'),
               won AS (SELECT tender_id, any_value(supplier_id) AS winner FROM awards WHERE status = 'active' GROUP BY 1 HAVING count(*) = 1),
               found AS (SELECT tenderer_id, count(*) AS n, count(*) FILTER (tenderer_id = winner) / count(*) AS ratio
                         FROM pairs JOIN won USING (tender_id) GROUP BY 1)"""
            + FENCES.format(value="ratio")
            + " SELECT count(*), count(*) FILTER (low > 0 AND ratio <= low AND n >= (SELECT quantile_cont(n, 0.75) FROM found)) FROM found, f",
    "R028": """WITH same AS (SELECT tender_id FROM bids WHERE amount > 0 AND status IN ('valid', 'disqualified', 'pending')
                             GROUP BY tender_id, amount, currency HAVING count(DISTINCT tenderer_id) > 1)
               SELECT (SELECT count(DISTINCT tender_id) FROM bids), (SELECT count(DISTINCT tender_id) FROM same)""",
    "R030": """WITH won AS (SELECT DISTINCT tender_id, supplier_id AS tenderer_id FROM awards WHERE status = 'active'),
               closing AS (SELECT tender_id, CASE WHEN tender_end = date_trunc('day', tender_end) THEN tender_end + INTERVAL 1 DAY - INTERVAL 1 MICROSECOND
                           ELSE tender_end END AS closes FROM tenders),
               found AS (SELECT tender_id, bool_or(date > closes) AS late FROM bids JOIN won USING (tender_id, tenderer_id)
                         JOIN closing USING (tender_id) WHERE bids.status = 'valid' GROUP BY 1)
               SELECT count(*), count(*) FILTER (late) FROM found""",
    "R035": """WITH units AS (SELECT tender_id, count(DISTINCT tenderer_id) FILTER (status = 'valid') AS firms,
                                     any_value(tenderer_id) FILTER (status = 'valid') AS sole,
                                     list(DISTINCT tenderer_id) FILTER (status = 'disqualified') AS others FROM bids GROUP BY 1),
               won AS (SELECT tender_id, any_value(supplier_id) AS winner FROM awards WHERE status = 'active' GROUP BY 1 HAVING count(DISTINCT supplier_id) = 1)
               SELECT count(*), count(*) FILTER (firms = 1 AND sole = winner AND len(list_filter(others, lambda f: f <> sole)) >= 1)
               FROM units JOIN won USING (tender_id)""",
    "R036": """WITH found AS (SELECT tender_id, min(amount) FILTER (status = 'disqualified') <= min(amount) FILTER (status <> 'disqualified') AS hit
                              FROM bids WHERE status IN ('valid', 'disqualified', 'pending') GROUP BY 1
                              HAVING count(DISTINCT currency) = 1 AND bool_or(status = 'valid'))
               SELECT count(*), count(*) FILTER (hit) FROM found SEMI JOIN awards USING (tender_id)""",
    "R038": """WITH shares AS (SELECT tenderer_id AS who, 1 AS kind, count(*) FILTER (status = 'disqualified') / count(*) AS ratio, count(*) AS n FROM bids GROUP BY 1
                               UNION ALL SELECT buyer_id, 2, count(*) FILTER (bids.status = 'disqualified') / count(*), count(*)
                               FROM bids JOIN tenders USING (tender_id) GROUP BY 1),
               found AS (SELECT * FROM shares WHERE n >= 2),
               f AS (SELECT kind, quantile_cont(ratio, 0.75) + 1.5 * (quantile_cont(ratio, 0.75) - quantile_cont(ratio, 0.25)) AS high FROM found GROUP BY 1)
               SELECT count(*), count(*) FILTER (high > 0 AND ratio >= high) FROM found JOIN f USING (kind)""",
    "R048": """WITH found AS (SELECT supplier_id, count(DISTINCT i.tender_id) AS n, count(DISTINCT classification_id[:2]) AS kinds
                              FROM award_items i JOIN awards USING (award_id) WHERE awards.status = 'active' GROUP BY 1 HAVING n >= 20)"""
            + FENCES.format(value="kinds") + " SELECT count(*), count(*) FILTER (high > 0 AND kinds >= high) FROM found, f",
    "single-bid-share": """WITH came AS (SELECT tender_id, count(DISTINCT tenderer_id) AS firms FROM bids GROUP BY 1),
               found AS (SELECT buyer_id, avg((number_of_tenderers = 1)::INTEGER) AS share FROM tenders LEFT JOIN came USING (tender_id)
                         WHERE procurement_method IN ('open', 'selective') AND NOT coalesce(firms > number_of_tenderers, false)
                         GROUP BY 1 HAVING count(*) >= 5)"""
            + FENCES.format(value="share") + " SELECT count(*), count(*) FILTER (high > 0 AND share > high) FROM found, f",
    "concentration": """WITH firms AS (SELECT buyer_id, supplier_id, currency, sum(value_amount) AS value, count(*) AS n FROM contracts
                                       JOIN tenders USING (tender_id) GROUP BY ALL),
               found AS (SELECT buyer_id, currency, sum(value * value) / pow(sum(value), 2) AS hhi FROM firms GROUP BY ALL HAVING sum(n) >= 5)
               SELECT count(*), count(*) FILTER (hhi > 0.25) FROM found""",
    "bid-spread": """WITH found AS (SELECT tender_id, stddev_samp(amount) / avg(amount) AS spread FROM bids WHERE status = 'valid' AND amount > 0
                                    GROUP BY 1 HAVING count(*) >= 3 AND count(DISTINCT currency) = 1)
               SELECT count(*), count(*) FILTER (spread < 0.01) FROM found""",
    "co-bidding": """WITH pairs AS (SELECT DISTINCT tender_id, tenderer_id FROM bids),
               found AS (SELECT a.tenderer_id, b.tenderer_id, count(*) AS n FROM pairs a JOIN pairs b ON a.tender_id = b.tender_id AND a.tenderer_id < b.tenderer_id GROUP BY 1, 2)"""
            + FENCES.format(value="n") + " SELECT count(*), count(*) FILTER (high > 0 AND n >= 3 AND n > high) FROM found, f",
}  # fmt: skip


def make(folder: Path, tenders: int) -> None:
    import duckdb

    with duckdb.connect(
        config={"memory_limit": "4GB", "temp_directory": str(folder / "spilled")}
    ) as connection:
        for name, query in MAKE.items():
            query = query.format(tenders=tenders, folder=folder)
            connection.execute(f"COPY ({query}) TO '{folder}/{name}.parquet' (COMPRESSION zstd)")


def product(folder: Path, memory: str, threads: int) -> dict:
    from cleanworks.construction import flags
    from cleanworks.data import database

    found: dict[str, list[int]] = {}
    with database.database(memory, threads) as engine:
        for part in flags.parts(database.tables_of(folder, engine), list(BY_HAND), None, engine):
            main_level = part.level in part.indicator.levels[:1] or part.indicator.code == "R038"
            if main_level:
                counts = found.setdefault(part.indicator.code, [0, 0])
                counts[0] += len(part.values)
                counts[1] += int(part.flagged.sum())
    return found


def by_hand(folder: Path, memory: str, threads: int) -> dict:
    import duckdb

    found = {}
    with tempfile.TemporaryDirectory() as place:
        config = {"memory_limit": memory, "threads": threads, "temp_directory": f"{place}/spilled"}
        with duckdb.connect(f"{place}/kept.duckdb", config=config) as connection:
            connection.execute("SET preserve_insertion_order = false")
            for name in MAKE:
                connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{folder}/{name}.parquet')")
            connection.execute(MARGINS)
            for code, query in BY_HAND.items():
                found[code] = list(connection.execute(query).fetchall()[0])
    return found


def measured(side: str, folder: str, memory: str, threads: int) -> dict:
    command = [
        sys.executable,
        __file__,
        "--side",
        side,
        "--folder",
        folder,
        "--memory",
        memory,
        "--threads",
        str(threads),
    ]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


IN_MEMORY = """
import json, pickle, sys, time
from cleanworks.construction import flags
tables = pickle.load(open(sys.argv[1], "rb"))
seconds = []
for _ in range(7):
    begun = time.process_time()
    flags.evaluate(tables)
    seconds.append(time.process_time() - begun)
print(json.dumps(seconds))
"""


def small(projects: int, older: Path | None) -> None:
    """All indicators of a small city in memory, by this checkout and by an older one, in turn."""
    from cleanworks import city

    found: dict[str, list[list[float]]] = {}
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "tables"
        file.write_bytes(pickle.dumps(city.make(projects)))
        for _ in range(3):
            for name, checkout in (("this checkout", ROOT), ("older checkout", older)):
                if checkout is not None:
                    answer = subprocess.run(
                        [sys.executable, "-c", IN_MEMORY, str(file)],
                        stdout=subprocess.PIPE,
                        text=True,
                        check=True,
                        cwd=checkout,
                        env={**os.environ, "PYTHONPATH": str(checkout.resolve())},
                    )
                    found.setdefault(name, []).append(json.loads(answer.stdout))
    print(f"{projects} projects, all indicators in memory, seconds of CPU, medians of three processes")
    for name, rounds in found.items():
        first, best = (statistics.median(pick(one) for one in rounds) for pick in (lambda one: one[0], min))
        print(f"    {name:15} {first:.2f} the first time, {best:.2f} the best of seven")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--millions", type=float, default=10, help="tenders; four times as many bids")
    parser.add_argument("--memory", default="6GB", help="what DuckDB may hold on each side")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where the files may lie; a temporary folder by default")
    parser.add_argument("--projects", type=int, default=300)
    parser.add_argument(
        "--older", type=Path, help="another checkout, to compare the indicators in memory with"
    )
    parser.add_argument("--side", choices=("product", "by hand"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.side:
        begun, cpu = time.perf_counter(), time.process_time()
        run = product if chosen.side == "product" else by_hand
        found = run(chosen.folder, chosen.memory, chosen.threads)
        wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
        gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
            2**30 if sys.platform == "darwin" else 2**20
        )
        print(json.dumps({"wall": wall, "cpu": cpu, "gib": gib, "found": found}))
        return
    if not chosen.millions:
        return small(chosen.projects, chosen.older)
    with tempfile.TemporaryDirectory(dir=chosen.folder) as place:
        tenders = int(chosen.millions * 1e6)
        make(Path(place), tenders)
        size = sum(file.stat().st_size for file in Path(place).glob("*.parquet")) / 2**30
        print(
            f"{tenders:,} tenders, {4 * tenders:,} bids, {size:.2f} GiB of Parquet, {chosen.threads} threads",
            flush=True,
        )
        sides = {
            side: measured(side, place, chosen.memory, chosen.threads) for side in ("by hand", "product")
        }
    for side, one in sides.items():
        print(f"    {side:8} {one['wall']:7.1f} s wall {one['cpu']:7.1f} s CPU {one['gib']:6.2f} GiB peak")
    hand, ours = sides["by hand"]["found"], sides["product"]["found"]
    ours = {code: ours.get(code, [0, 0]) for code in hand}
    other = {code: (hand[code], ours[code]) for code in hand if hand[code] != ours[code]}
    print(
        f"    equal: {len(hand) - len(other)} of {len(hand)} indicators"
        + "".join(f"\n    {code}: {two}" for code, two in other.items())
    )
    ratio = sides["product"]["cpu"] / sides["by hand"]["cpu"]
    # Two ways to compute a quartile may put one case on the other side of a fence; nothing else may differ.
    alike = all(one[0] == two[0] and abs(one[1] - two[1]) <= 1 for one, two in other.values())
    inside = ratio <= LIMIT_RATIO and sides["product"]["gib"] < LIMIT_GIB and alike
    print(
        f"    {ratio:.2f} times the CPU of the queries written by hand: {'within the limits' if inside else 'OVER the limits'}"
    )
    small(chosen.projects, chosen.older)


if __name__ == "__main__":
    main()
