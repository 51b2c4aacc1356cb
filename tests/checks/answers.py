"""Answers that people write: for every question a right one written differently from the solution, and a plausible wrong one.

Each runs after the set's first cells and after the starter of its question. Of open questions the right one is a fair answer
in other words than the model answer, and the wrong one makes the mistake that the lesson warns of.

`MISTAKES` are those that a check prepares feedback for and that neither the notebook nor the wrong answer here makes. Each runs
after the solution, and changes one of its variables.
"""

ANSWERS: dict[str, tuple[str, str]] = {}


def _add(question: str, right: str, wrong: str) -> None:
    assert question not in ANSWERS, question
    ANSWERS[question] = (right, wrong)


_add("o0-e1", "not_chosen = 100 * (11 - 5) / 11", "not_chosen = 11 / 5")
_add("o0-e2", "years = 3.25", "years = 3.9")
_add("o0-e3", 'too_much = "d, b"', 'too_much = "abcd"')
_add("o0-e4", "president, unknown = 1.0, 2.0", "president, unknown = 0, 2")
_add("o0-e5", 'weakest = " Need "', 'weakest = "practice"')

_add(
    "o1-e1",
    'largest = projects.sort_values("budget_amount", ascending=False).head(10)',
    'largest = projects.sort_values("budget_amount").head(10)',
)
_add(
    "o1-e2",
    'handover_share = (projects["status"] == "completion").mean()',
    'handover_share = 100 * (projects["status"] == "completion").mean()',
)
_add(
    "o1-e3",
    'usual_budget = projects.query("status == \'implementation\'").pivot_table(index="district", values="budget_amount", aggfunc="median")',
    'usual_budget = projects[projects["status"] == "implementation"].groupby("district")["budget_amount"].sum()',
)
_add("o1-e4", 'total = sum(projects["budget_amount"])', 'total = projects["budget_amount"].mean()')
_add(
    "o1-e5",
    'budgets = projects.query("status == \'implementation\'").groupby("district")["budget_amount"].sum().sort_values()\n'
    "districts = tuple(budgets.index[-3:])\n"
    'message = "Speak about these on Thursday: " + " / ".join(districts) + ". Running budgets are largest there. Delay is another matter."',
    'districts = ["North"]\nmessage = "The north has the most trouble because its budget is the largest of all districts."',
)

_add(
    "o2-e1",
    'mean_progress = feed.query("CMCN_YN1 == \'N\' and PROCS_PRFMNC > 0")["PROCS_PRFMNC"].mean()',
    'mean_progress = feed["PROCS_PRFMNC"].mean()',
)
_add(
    "o2-e2",
    "suspicious = len(feed.query(\"CMCN_YN1 == 'N' and PROCS_PRFMNC == 0 and DAY_ELPS > 60\"))",
    "suspicious = len(feed)",
)
_add("o2-e3", 'works = len(feed[feed["GU_NM"] == district])', "works = 40")
_add(
    "o2-e4",
    "items = disclosure.disclosure_rate(filled).quantile(0.5) * 40",
    "items = 100 * disclosure.disclosure_rate(filled).median()",
)

_add("c1-e1", "share = 436.3 / 1784.5 * 100", "share = 436.3 / 1784.5")
_add("c1-e2", "too_many = 50 - 32", "too_many = 50")
_add(
    "c1-e3",
    'parts = losses.simulate({"tender": (1, 4, 9), "construction": (0, 2, 10)}, 5000, np.random.default_rng(7))\n'
    'median_loss = np.median(parts["total"])',
    'parts = losses.simulate({"tender": (1, 4, 9), "construction": (0, 2, 10)}, 5000, np.random.default_rng(7))\n'
    'median_loss = parts["total"].mean()',
)
_add(
    "c1-e4",
    'advice = "This is a thought experiment: we chose the ranges ourselves. It cannot rank reforms. Let us first measure where our range is widest."',
    'advice = "The industry loses a third of its money, so we should try the new reform at once and note the result."',
)
_add(
    "c2-e1",
    'waiting = len(reports[reports["approved_at"].isna() & reports["checked_at"].notna()])',
    'waiting = reports["checked_at"].isna().sum()',
)
_add("c2-e2", 'hidden = {"account_id", "worker_id"}', 'hidden = ["worker_id", "title"]')
_add(
    "c2-e3",
    'first_part = "Start with paying: wages are what hurts. Every paid claim then goes over to the page where citizens look."',
    'first_part = "The public page comes first, and it needs nothing from anybody else because it stands on its own feet."',
)
_add(
    "c2-e4",
    'page = typed_by_hand(reports)\ndifferent = len(page.query("signed != typed"))',
    'page = typed_by_hand(reports)\ndifferent = (page["signed"] - page["typed"]).sum()',
)
_add(
    "c3-e1",
    'line = (["enter", "contractor"], ["check", "supervisor"], ["approve", "official"])',
    'line = [("enter", "contractor"), ("approve", "official")]',
)
_add(
    "c3-e2",
    "long_count = len(contracts.query(\"mode == 'long'\"))\n"
    'large_short = len(contracts[(contracts["mode"] == "short") & (contracts["value_amount"] > amount_limit)])',
    'long_count = (contracts["mode"] == "short").sum()\nlarge_short = (contracts["value_amount"] > amount_limit).sum()',
)
_add(
    "c3-e3",
    'kept = monthly.query("5 <= actual <= 95")\ncopied_count = int((kept["actual"] == kept["planned"]).sum())\ncopied_share = copied_count / len(kept)',
    'kept = monthly.query("5 <= actual <= 95")\ncopied_count = int((kept["actual"] == kept["planned"]).sum())\ncopied_share = copied_count / len(monthly)',
)
_add(
    "c3-e4",
    'my_line = "Leave forms: the clerk fills them in, the section head looks them over, the director signs. Without a signature payroll sends them back."',
    'my_line = "Everybody in our office is honest and careful, and so no form needs a second person to look at it."',
)
_add(
    "c4-e1",
    "spi = 48 / 60\ncpi = 0.48 * budget / cost\neac = cost / 0.48",
    "spi = 0.8\ncpi = cost / (0.48 * budget)\neac = budget / cpi",
)
_add(
    "c4-e2",
    "rows = evm.status_at(evm.schedule_table(evm.zeros_as_missing(progress), contracts), today)\n"
    'rows = rows[rows["contract_id"].isin(running_contracts)].sort_values("spi_t", kind="stable")\n'
    'ten_sites = set(rows["contract_id"].head(10))',
    "rows = evm.status_at(evm.schedule_table(evm.zeros_as_missing(progress), contracts), today)\n"
    'rows = rows[rows["contract_id"].isin(running_contracts)].sort_values("spi_t", ascending=False)\n'
    'ten_sites = list(rows["contract_id"].head(10))',
)
_add("c4-e3", "earned_months = 4.5\nmonths_late = 1.5", "earned_months = 5\nmonths_late = 1")
_add(
    "c4-e4",
    'rule = evm.early_warning(timetable, measure="spi_t", below=0.8, months=3)\n'
    'named = set(rule.loc[rule["warned"], "contract_id"])\n'
    "false_alarms = len(named - set(delayed))\nprecision = 1 - false_alarms / len(named)",
    'rule = evm.early_warning(timetable, measure="spi_t", below=0.8, months=3)\n'
    'named = set(rule.loc[rule["warned"], "contract_id"])\n'
    "false_alarms = len(named)\nprecision = len(set(delayed)) / len(named)",
)
_add(
    "c4-e5",
    "limit = 0.6\nmonths = 3\n"
    'memo = "Our staff can follow one contract in five, so the rule is strict. It misses some planted delays and alarms wrongly in some cases, '
    'as the table beside shows. Who is named gets a call first. Being named proves nothing: a late permit looks the same from here as a slow firm."',
    'limit = "0.6"\nmonths = 3\nmemo = "We warn when a contract is behind."',
)
_add(
    "c5-e1",
    'rows = disclosures.query("item == \'modifications\'")\nautomatic_share = rows["automatic"].sum() / len(rows) * 100',
    'rows = disclosures.query("item == \'modifications\'")\nautomatic_share = 100 * (~rows["automatic"]).mean()',
)
_add(
    "c5-e2",
    'in_time = len(ripe[ripe["published"] & (ripe["days"] <= 30)]) / len(ripe) * 100',
    'in_time = (ripe["published"] & (ripe["days"] <= 30)).mean()',
)
_add(
    "c5-e3",
    'public_contracts = contracts[[name for name in contracts.columns if name != "official_id"]]',
    'public_contracts = contracts.drop(columns=["official_id"]).head(100)',
)
_add(
    "c5-e4",
    'days = disclosure.answer_times(questions, as_of=today)["days"]\nwaiting = len(days[days >= 14])',
    'waiting = (disclosure.answer_times(questions, as_of=today)["days"] >= 60).sum()',
)
_add(
    "c5-e5",
    "empty = package().items.query('share == 0')\nadd_first = empty.index[0]\n"
    'because = "It lies in the archive of the planning office. A neighbour would look there before the diggers come, to see what is planned beside the house."',
    'add_first = "everything"\nbecause = "All of it should be published as soon as possible, because it is good to be open in each and every way."',
)
_add(
    "c6-e1",
    'due = min(pd.Timestamp("2026-03-20") + pd.Timedelta(days=first_limit), pd.Timestamp("2026-03-02") + pd.Timedelta(days=second_limit)).date()\n'
    'late_days = (pd.Timestamp("2026-05-04") - pd.Timestamp(due)).days\n'
    "interest = pay.late_interest(80_000_000, late_days, rate, days_of_the_year)",
    'due = pay.due_date("2026-03-20", first_limit, taken_over="2026-03-02", limit_days=second_limit)\n'
    'late_days = pay.days_late(due, "2026-05-04") + 1\ninterest = pay.late_interest(80_000_000, late_days, rate, days_of_the_year)',
)
_add(
    "c6-e2",
    'late = shares.loc[shares["date_paid"].isna() & shares["date_due"].lt(today)]\noverdue_count = late.shape[0]\noverdue_amount = sum(late["amount_registered"])',
    'late = shares.loc[shares["date_paid"].isna() & shares["date_due"].lt(today)]\noverdue_count = late.shape[0]\noverdue_amount = late["amount_registered"].mean()',
)
_add("c6-e3", "needed_cash = 3 * 90", "needed_cash = 4 * 90")
_add(
    "c6-e4",
    'held_today = pay.held_for_others(payments, today)["amount_registered"].sum()\n'
    'at_risk = sum(pay.insolvency_loss(payments, today, "dedicated account")["lost"])',
    'held_today = pay.held_for_others(payments, today)["amount_registered"].sum()\nat_risk = 0',
)
_add(
    "c6-e5",
    'owners = pay.held_for_others(payments, today).groupby("payer_id")["amount_registered"].sum()\n'
    "largest_share = (owners / owners.sum()).max()\n"
    'advice = "A guarantee that the prime contractor buys before the first instalment would pay the small firms when it fails. '
    "It costs a premium and covers only what is on the register, so whoever is not written down stays without help. "
    'Let us try it for one year on the ten largest works and count what is claimed."',
    "largest_share = 1 / payments['payer_id'].nunique()\n"
    'advice = "Each holder has the same share, and so there is little to fear from the failure of one of them."',
)
_add(
    "c7-e1",
    'paid = tables["wages"]["worker_id"].drop_duplicates()\nnever_seen = (~paid.isin(tables["attendance"]["worker_id"])).sum()',
    'never_seen = tables["wages"]["worker_id"].nunique()',
)
_add("c7-e2", 'large = len(gaps[gaps["value"] > 10])', 'large = (gaps["value"] > 0).sum()')
_add(
    "c7-e3",
    'found = flags.score(results, "shared-account", flags.labels(tables, "shared_account", level="account"))\nlower_end = found.precision.low',
    'found = flags.score(results, "shared-account", flags.labels(tables, "shared_account", level="account"))\nlower_end = 1 - found.precision.low',
)
_add(
    "c7-e4",
    'public = {trade: n for trade, n in found["trade"].value_counts().items() if n >= smallest}',
    'public = {trade: n for trade, n in found["trade"].value_counts().items() if n < smallest}',
)
_add(
    "c8-e1",
    'single_open = len(tables["tenders"].query("procurement_method == \'open\' and number_of_tenderers == 1"))',
    'single_open = len(tables["tenders"].query("procurement_method == \'open\' and number_of_tenderers <= 3"))',
)
_add(
    "c8-e2",
    'precision = flags.score(results, "R003", flags.labels(tables, "short_tender_period", level="process")).precision.value',
    'precision = 1 - flags.score(results, "R003", flags.labels(tables, "short_tender_period", level="process")).precision.value',
)
_add("c8-e3", "expected = 16 / (16 + 98)", "expected = 16 / 1000")
_add(
    "c8-e4",
    'letter = "Dear colleagues, a rule that looks at the number of bidders picked your file. Most such files are in order. May we have the notice?"',
    'letter = "We have found fraud in your tender and note that you will be reported to the prosecutor next week."',
)
_add("c9-e1", "two_years = totals.loc[2017] - totals.loc[2015]", "two_years = totals[2015]")
_add(
    "c9-e2",
    'private_share = published.value("complaints", "cases", of="private works", year=2017) / cases.loc[2017]',
    "private_share = 1 - private[2017] / cases[2017]",
)
_add(
    "c9-e3",
    'apart = published.series("complaints", "cases", of="private works")\nfactor = (cases[2017] - apart[2017]) / (cases[2016] - apart[2016])',
    "factor = public[2016] / public[2017]",
)
_add(
    "c9-e4",
    'old_share = len(city_cases.query("days_overdue > 90")) / len(city_cases)',
    'old_share = (city_cases["days_overdue"] <= 90).mean()',
)
_add(
    "c9-e5",
    'answer = "People may simply have stopped calling us, and that looks the same from here. Payment files know better: count claims paid after their day."',
    'answer = "The report for this year shows fewer cases, which is a good note on which our industry can try to build."',
)
_add(
    "c10-e1",
    "median_rate = 100 * disclosure.disclosure_rate(filled).quantile(0.5)",
    "median_rate = 100 * disclosure.disclosure_rate(filled).mean()",
)
_add("c10-e2", "items = 12 / 5", "items = 0.8 * 12")
_add(
    "c10-e3",
    'heavy = pd.Series({"data_publication": 3, "enabling_environment": 1, "capacities_and_processes": 1, "citizen_participation": 1})\n'
    'first = {"publication": (bodies[list(heavy.index)] @ heavy).idxmax(), "equal": bodies.mean(axis="columns").idxmax()}',
    'first = {"equal": "South", "publication": "Centre"}',
)
_add(
    "c10-e4",
    "from scipy.stats import hypergeom\nchecks = next(n for n in range(1, 121) if 1 - hypergeom.pmf(0, 120, 8, n) >= 0.90)",
    "checks = 120",
)
_add(
    "c11-e1",
    'scores = dict(SCORES)\nscores["accounts"] = 2\nsteps = int(plan.readiness(scores)["steps"]["Payment"])',
    'steps = plan.readiness({**SCORES, "accounts": 1}).loc["Payment", "steps"]',
)
_add(
    "c11-e2",
    'public_after = plan.roadmap(SCORES, ["Workers", "Disclosure"], build_months=MONTHS, step_months=3)["end"]["Disclosure"]',
    'public_after = plan.roadmap(SCORES, ["Workers", "Disclosure"], build_months=MONTHS, step_months=3)["end"]["Workers"]',
)
_add(
    "c11-e3", 'below = (drawn["net"] < 0).sum() / len(drawn) * 100', 'below = 100 * (drawn["net"] > 0).mean()'
)
_add(
    "c11-e4",
    'half = dict(RANGES)\nhalf["setup_cost"] = tuple(0.5 * value for value in RANGES["setup_cost"])\n'
    'gain = (plan.net_benefit(half, np.random.default_rng(5))["net"].median() - before["net"].median()) / 1_000_000',
    'half = dict(RANGES)\nhalf["setup_cost"] = tuple(0.5 * value for value in RANGES["setup_cost"])\n'
    'gain = (plan.net_benefit(half, np.random.default_rng(5))["net"].mean() - before["net"].mean()) / 1e9',
)
_add(
    "c11-e5",
    'first_step = "The provincial road agency begins, with the twelve bridges of next year. It puts their contracts online. By the third month a driver can see why a lane is closed."',
    'first_step = "We do everything at once in the whole country, since nobody should be left behind by this important reform of our state."',
)

_add(
    "c12-e1",
    'usable = len(tenders.dropna(subset=["cost_estimate", "tender_start"]))',
    'usable = tenders[["cost_estimate", "tender_start"]].isna().any(axis=1).sum()',
)
_add(
    "c12-e2",
    'awarded = awards.query("currency == \'PYG\'").groupby("award_id")["amount"].max().sum()',
    'awarded = awards["amount"].sum()',
)
_add(
    "c12-e3",
    'at_all = int((compared["signed"] != compared["amount"]).sum())\n'
    'one_percent = len(compared[(compared["signed"] / compared["amount"] - 1).abs() > 0.01])',
    'at_all = (compared["signed"] == compared["amount"]).sum()\none_percent = 0',
)
_add(
    "c12-e4",
    'limit = flags.Settings(minimum_group=3)\nbodies = flags.evaluate(tables, ["concentration"], limit)["id"].nunique()',
    'bodies = tenders["buyer_id"].nunique()',
)
_add(
    "c12-e5",
    'answer = "We know who won ten purchases and for how much. We do not know who lost, because bids are not published, so no price can be called suspicious. We wrote to the publisher today for the bids and the meaning of the dates."',
    'answer = "Four bodies buy from one firm again and again, and eleven contracts have impossible dates. Print their names."',
)

_add(
    "m1-e1",
    "people = results.sample_size_two_rates(0.024, 0.016) * 2",
    "people = results.sample_size_two_rates(0.024, 0.016, design_effect=2) / 2",
)
_add(
    "m1-e2",
    "rate_after = results.minimum_detectable_change(5000, 0.05, design_effect=1.5).after * 100",
    "rate_after = 5 / 1.5",
)
_add(
    "m1-e3",
    'points = {"Specific": 2, "Measurable": 2, "Achievable": 1, "Relevant": 0, "Time bound": 2}',
    'points = {"specific": 2, "measurable": 0, "achievable": 2, "relevant": 0, "time-bound": 2}',
)
_add(
    "m1-e4",
    'better_row = replace(weak_row, baseline=31.5, baseline_year=2024, verification="Household survey, question 12",\n'
    '                     assumptions=("The law stays as it is", "Officials are paid on time"))',
    'better_row = replace(weak_row, baseline=12, baseline_year=2026, verification="survey of firms", assumptions=["?"])',
)
_add("m2-e1", 'weight = len(institutions[institutions["type"] == "basic"]) * (1 / 20)', "weight = 20")
_add(
    "m2-e2",
    "approached = sampling.sample_size(0.08, 0.015, design_effect=2).contacted / 0.6 / 0.5",
    "approached = sampling.sample_size(0.08, 0.015, design_effect=2).contacted * 0.6 * 0.5",
)
_add("m2-e3", "upper = 100 * 1.96**2 / (120 + 1.96**2)", "upper = 100 / 120")
_add("m2-e4", "rate = 4.0", "rate = 100 / 2500")
_add("m3-e1", "rate = 100 * (2 * 660 / 1200 - 1)", "rate = 100 * 660 / 1200 / 2")
_add("m3-e2", "gentle = 100 * (240 / 900 - 1 / 6) / (5 / 6)", "gentle = 100 * 240 / 900")
_add(
    "m3-e3",
    'averages = lists.groupby("treated")["count"].mean()\nlisted = 100 * (averages[True] - averages[False])',
    'averages = lists.groupby("treated")["count"].mean()\nlisted = 100 * (averages[True] / averages[False] - 1)',
)
_add(
    "m3-e4",
    'advice = "I would stay with plain questions for now. Ask five hundred people both ways, drawn by lot, and see whether many were hiding something."',
    'advice = "Use the coin everywhere at once, since only the coin gives the true figure and nobody can lie to a coin."',
)
_add("m4-e1", "new_overall = 8.20 + 0.763 * (8.35 - 8.20)", "new_overall = 0.735 * 8.35 + 0.265 * 8.20")
_add("m4-e2", "abuse_score = (10 * (7 - answers) / 6).mean()", "abuse_score = (10 * answers / 7).mean()")
_add(
    "m4-e3",
    'score_2022 = 74 * p["assessment.perception_weight"] + 80 * p["assessment.effort_weight"] - p["assessment.deduction_cap"]',
    'score_2022 = p["assessment.perception_weight"] * perceived + p["assessment.effort_weight"] * effort',
)
_add(
    "m4-e4",
    'perception_weight = (8.35 - 8.23) / (8.77 - 8.23)\nstatus = "Backed out"',
    'perception_weight = 0.5\nstatus = "ours"',
)
_add(
    "m4-e5",
    "may_compare = {pair: pair in ('2009 and 2011', '2019 and 2021') for pair in may_compare}\n"
    'note = "These are two rulers: from that year on, half of the mark comes from other things. Please stay with our place in this year\'s list."',
    "may_compare = {pair: False for pair in may_compare}\n"
    'note = "No two years may ever be compared with each other, whatever was measured and however it was measured in them."',
)
_add("m5-e1", "lowest = 7.5 + 0.4 / 2", "lowest = 7.5 - 0.4 / 2")
_add(
    "m5-e2",
    'a, b = grades.grade(scores), grades.grade(scores.drop("L"))\nmoved = sum(a[name] != b[name] for name in b.index)',
    "moved = 12",
)
_add(
    "m5-e3",
    'found = grades.rank_intervals(scores, errors, np.random.default_rng(1))\nwidth = int(found.at["F", "high"]) - int(found.at["F", "low"])',
    'found = grades.rank_intervals(scores, errors, np.random.default_rng(1))\nwidth = (found["high"] - found["low"]).sum()',
)
_add("m5-e4", "margin = 2 * 1.96 / np.sqrt(20_000)", "margin = 0.02")
_add("m6-e1", "change = overall.loc[2021] - overall.iloc[0]", "change = overall.mean()")
_add("m6-e2", "comparable = [[2021, 2018], [2010, 2009]]", "comparable = [(2018, 2021)]")
_add("m6-e3", "shift = 75 - 78", "shift = 78 - 75")
_add(
    "m6-e4",
    'wide = published.series("ia_headline", "external", of="2012-2021"), published.series("ia_headline", "internal", of="2012-2021")\n'
    "growth = (wide[0][2021] - wide[1][2021]) - (wide[0][2017] - wide[1][2017])",
    'wide = published.series("ia_headline", "external", of="2012-2021"), published.series("ia_headline", "internal", of="2012-2021")\n'
    "growth = wide[1][2021] - wide[1][2017]",
)
_add(
    "m6-e5",
    'statement = "We can compare the last nine years of the old questionnaire: a gain of about four tenths. Earlier figures come from another ruler."',
    'statement = "Our industry improved in 2012 and we note that the method of measuring proves how clean we are since 2002."',
)
_add("m7-e1", "points = 31.5 * 0.60", "points = 31.5 * (80 / 4) / 100")
_add(
    "m7-e2",
    'seen = tasks[tasks["site_checked"]]\nshrinks = seen["claimed_score"].mean() - seen["site_score"].mean()',
    'shrinks = (tasks["claimed_score"] - tasks["desk_score"]).mean()',
)
_add(
    "m7-e3",
    'later = TOTALS.where(TOTALS.index != "B", TOTALS["B"] - 2)\nchanged = (initiatives.tiers(later, group) != before).sum()',
    "changed = 0",
)
_add(
    "m7-e4",
    'note = "And how many of those whose grade fell also rose? Without that number the success may be the weather. A new minister lifts both marks."',
    'note = "Seventy-five per cent is three quarters, so initiatives work, and the others should be told to try them too."',
)
_add(
    "m7-e5",
    'kinds = dict(zip(four, ["Does".lower(), "seen", "does", "seen"]))',
    'kinds = dict.fromkeys(four, "does")',
)
_add("m8-e1", "points = 60", "points = 100 * (1 - 1.2)")
_add("m8-e2", "behind = 50 - 30", "behind = 2500 - 900")
_add("m8-e3", 'loose = len(ranges[ranges["high"] > ranges["low"] + 2])', "loose = len(ranges)")
_add("m8-e4", "error = np.std([42, 50, 47, 53], ddof=1) / 2", "error = np.std([42, 50, 47, 53]) / 2")
_add(
    "m8-e5",
    'note = "Alpha says that people who like us on one question like us on the next. Rightness is another thing. Give each place from best to worst."',
    'note = "The range of alpha lies between nought and one, and together these numbers prove that the ranking is right."',
)
_add("m9-e1", "gain = 0.4 * 2", "gain = -0.4 * 2")
_add("m9-e2", "effect = 3.0", "effect = 8 + 5")
_add("m9-e3", "expected = 12", "expected = 18")
_add(
    "m9-e4",
    'choose_by = "Lot"\nnote = "Those at the bottom climb anyway. Draw half of them from a hat, help these now, and look at both halves in a year."',
    'choose_by = "wish"\nnote = "Bodies that ask are motivated, so by chance alone they will do better, and we compare them with the others."',
)
_add(
    "m9-e5",
    "fits = [evaluation.interrupted_series(scores, start=year) for year in range(2015, 2020)]\n"
    "def leaves_out(part):\n    return part.low * part.high > 0\n"
    "found = sum(leaves_out(one.level) or leaves_out(one.slope) for one in fits)",
    "found = 0",
)
_add("m10-e1", "failed = 100 - 100 * 7832 / 8317", "failed = 100 * 485 / 7832")
_add("m10-e2", "smallest = 0.2", "smallest = 0")
_add(
    "m10-e3",
    "own_share = len(cases.query(\"found_by == 'inside'\")) / len(cases)",
    'own_share = cases["found_by"].nunique()',
)
_add(
    "m10-e4",
    'note = "Six points are left to the top, and everybody has seen the questions by now. Ask the auditors what they found. Do not print: we are clean."',
    'note = "There is room for joy: an independent jury in our office court says that corruption has fallen everywhere."',
)
_add(
    "m11-e1",
    'withheld = len(table) - ((table["users_answers"] >= 150) & (table["staff_answers"] >= 70)).sum()',
    'withheld = (few_users & (table["staff_answers"] < 70)).sum()',
)
_add("m11-e2", 'import math\nz = gap / math.hypot(*TWO["error"])', 'z = gap / (TWO["error"] ** 2).sum()')
_add("m11-e3", "hidden = 211.5 - 74.0 - 69.5", "hidden = (74.0 + 69.5) / 2")
_add(
    "m11-e4",
    'counts = shown.groupby("type")["grade"].apply(lambda grade: (grade == 1).mean())\nbest_type = counts.sort_values().index[-1].upper()',
    'best_type = shown["grade"].eq(1).groupby(shown["type"]).mean().idxmin()',
)
_add(
    "m11-e5",
    'sentence = "Four out of five points went to the average office this year, within half a point. Whether anybody stole is another question altogether."',
    'sentence = "There is no doubt between the offices and institutions of this country that corruption is not a problem any more."',
)
_add(
    "m12-e1",
    'share = (1 - last["new bodies"] / last["bodies"]) * 100',
    'share = last["bodies assessed before"] / last["bodies"] * 10',
)
_add(
    "m12-e2",
    'found = plan.repeat_change((first["bodies"], first["mean score"]), (second["bodies"], second["mean score"]),\n'
    '                           second["bodies assessed before"], high=90, low=30)\nlowest = found.lowest',
    'found = plan.repeat_change((first["bodies"], first["mean score"]), (second["bodies"], second["mean score"]),\n'
    '                           second["bodies assessed before"], high=90, low=30)\nlowest = found.highest',
)
_add(
    "m12-e3",
    "options = plan.survey_options(12_000, CHOICES, sd=1.8, rate=0.02, design_effect=1.5)\n"
    'most_bodies = max(number for number in CHOICES if options.loc[number, "margin"] < 0.4)',
    "most_bodies = min(CHOICES)",
)
_add(
    "m12-e4",
    'moved = plan.ranks_under(BODIES, {"equal": EQUAL, "PACA": PACA})["moves"].sort_values().index[-1]',
    'moved = plan.ranks_under(BODIES, {"equal": EQUAL, "PACA": PACA})["moves"].idxmin()',
)
_add(
    "m12-e5",
    'publication = "Each spring our commission puts marks on its site with bars for doubt. Groups under thirty stay blank. Whoever disagrees writes to us by May and hears back."',
    'publication = "The office of the month appeals to every ministry not to publish any error or margin this year, because that would hurt its day."',
)

_add("w1-e1", "left = 4 * 60 - 20 - 15 - 10", "left = 4 * 60 - 10")
_add("w1-e2", "price = (25 + 15) + (25 + 10) + (45 + 30)", "price = 40 + 75")
_add(
    "w1-e3",
    'spare = sum(slot.minutes for slot in made.slots if slot.kind in ("free", "buffer") and slot.start >= clock("10:50"))\n'
    "to_save = 20 - spare if spare < 20 else 0",
    "to_save = 20 + morning.buffer",
)
_add(
    "w1-e4",
    'answer = "Come for two days, auditors and engineers of the province! You will follow one payment and read one disclosure, at times that suit our city."',
    'answer = "This is the workshop of 2015 again, hour by hour, with the same timetable and the same project management themes."',
)
_add(
    "w2-e1",
    "tidy = answers.assign(code=[learning.tidy_code(code) for code in answers['code']])\npairs = learning.stayed(tidy)['people']['both']",
    "pairs = PEOPLE",
)
_add(
    "w2-e2",
    "table = learning.scores(answers.assign(code=answers['code'].map(learning.tidy_code))).dropna()\n"
    "gain = (table['after'] - table['before']).mean()\nlow = learning.paired_gain(table['before'], table['after']).low",
    "table = learning.scores(answers.assign(code=answers['code'].map(learning.tidy_code))).dropna()\n"
    "gain = (table['after'] - table['before']).mean()\nlow = gain",
)
_add(
    "w2-e3",
    "table = learning.items(learning.linked(answers.assign(code=answers['code'].map(learning.tidy_code))))\n"
    "misleading = table.sort_values('discrimination').index[0]",
    "table = learning.items(learning.linked(answers.assign(code=answers['code'].map(learning.tidy_code))))\n"
    "misleading = table['right'].idxmax()",
)
_add("w2-e4", "shown = sum([11, 17])", "shown = 17")
_add(
    "w2-e5",
    'sentence = "Of those whom we tested twice, most did better the second time; nobody knows about the rest, who went home early."',
    'sentence = "Everybody gained, and the missing comparison may not change that, since learning is certain in our class."',
)

MISTAKES = {
    "o1-e5": [
        'districts = list(projects[projects["status"] == "implementation"]["district"].value_counts().head(3).index)',
        'districts = list(projects.groupby("district")["budget_amount"].sum().nlargest(3).index)',
    ],
    "o2-e1": ['mean_progress = running.loc[running["PROCS_PLAN"] > 0, "PROCS_PLAN"].mean()'],
    "o2-e3": ['works = (pd.concat([page_1, page_2])["GU_NM"] == district).sum()'],
    "c1-e2": ['too_many = published.value("casualties", "injured", of="Seongsu bridge")'],
    "c1-e3": [
        'experts = {"construction": (0, 2, 10), "tender": (1, 4, 9)}\n'
        'median_loss = losses.simulate(experts, draws=5000, rng=np.random.default_rng(7))["total"].median()'
    ],
    "c2-e4": ['different = (page["typed"] < page["signed"]).sum()'],
    "c3-e2": ["large_short = (above_limit & in_long_mode).sum()"],
    "c4-e1": [
        "spi = 80",
        "spi = earned_value - planned_value",
        "eac = budget / cpi - cost",
        "eac = budget + (cost - earned_value)",
    ],
    "c4-e4": [
        "precision = outcome.false_alarm_rate.value",
        'hasty = evm.early_warning(timetable, measure="spi_t", below=0.8, months=2)\n'
        'precision = hasty[hasty["warned"]]["contract_id"].isin(delayed).mean()',
    ],
    "c5-e4": [
        'waiting = (~asked["answered"]).sum()',
        'waiting = (asked["answered"] & (asked["days"] >= 14)).sum()',
        'waiting = (asked["days"] < 14).sum()',
        'waiting = (asked["days"] > 14).sum()',
        *(f'waiting = (asked["days"] >= {limit}).sum()' for limit in (7, 21, 28)),
    ],
    "c6-e1": [
        'due = pay.due_date("2026-03-02", second_limit)',
        "interest = pay.late_interest(80_000_000, 45, rate, days_of_the_year)",
        "interest = 80_000_000 * rate",
    ],
    "c6-e2": [
        'overdue_amount = shares[is_open]["amount_registered"].sum()',
        'came_late = shares["date_paid"] > shares["date_due"]\n'
        'overdue_amount = shares[is_due & (is_open | came_late)]["amount_registered"].sum()',
    ],
    "c6-e4": ["at_risk = held_today - at_risk"],
    "c6-e5": ["largest_share = 1 / len(amounts)"],
    "c7-e1": [
        'never_seen = len(set(tables["workers"]["worker_id"]) - set(tables["attendance"]["worker_id"]))'
    ],
    "c7-e3": ['lower_end = flags.score(results, "shared-account", planted).precision.high'],
    "c7-e4": ["public = counts[counts > smallest].to_dict()"],
    "c8-e2": ['precision = flags.score(results, "R003", hasty).false_alarm_rate.value'],
    "c9-e2": ["private_share = private[2017] / (cases[2017] - private[2017])"],
    "c11-e4": ["gain = -gain"],
    "c12-e4": ["bodies = 3"],
    "m2-e4": ["rate = 100 * (100 + 60) / 2500"],
    "m4-e1": ["new_overall = 8.24"],
    "m4-e2": [
        "abuse_score = 10 * (7 - answers.fillna(answers.max())).mean() / 6",
        "abuse_score = answers.mean()",
    ],
    "m4-e3": [
        'weighted = p["assessment.effort_weight"] * perceived + p["assessment.perception_weight"] * effort\n'
        'score_2022 = weighted - min(deduction, p["assessment.deduction_cap"])',
        'score_2022 = weighted + min(deduction, p["assessment.deduction_cap"])',
    ],
    "m4-e4": [
        "perception_weight = (8.77 - 8.35) / (8.35 - 8.23)",
        'status = "unverified"',
        'status = "ours"',
    ],
    "m4-e5": ["may_compare = {pair: not may for pair, may in may_compare.items()}"],
    "m5-e3": ["width = -width"],
    "m6-e4": ["growth = -growth"],
    "m7-e1": ["points = 31.5 * 3 / 4"],
    "m7-e2": ['shrinks = tasks["claimed_score"].mean() - tasks["site_score"].mean()'],
    "m7-e3": ["changed = len(TOTALS) - changed"],
    "m8-e1": ["points = points / 100"],
    "m8-e2": ["behind = -behind"],
    "m8-e3": ['loose = (ranges["high"] - ranges["low"] >= 2).sum()'],
    "m9-e5": ["found = 5 - found"],
    "m10-e2": ["smallest = 7.9 - 8.1"],
    "m11-e4": ['best_type = shown.groupby("type")["overall"].mean().idxmax()'],
    "m12-e1": ["share = share / 100"],
    "w2-e2": [
        "everybody = learning.scores(own_code)\n"
        'low = learning.unpaired_gain(everybody["before"], everybody["after"]).low',
        "low = result.high",
    ],
}
