"""What an assessment hands out, each made from the data by one call: scorecard, league table, map of grades, brief.

results = year_results(2025, **tables, unit=..., cap=...)
scorecard(results, "CEN-041").save("scorecard.pdf")
"""

from cleanworks.integrity.products.product_pages import brief, grade_map, league_table, scorecard
from cleanworks.integrity.products.scores import YearResults, year_results

__all__ = ["YearResults", "brief", "grade_map", "league_table", "scorecard", "year_results"]
