"""What the book shows of the city's tables: made from their one description, for the directive `report`."""

from __future__ import annotations

from cleanworks.city import schemas


def tables(course: object = None) -> tuple[list[str], list[list[str]]]:
    """Every table: (headings, rows). `course` is what every report of the book is given."""
    rows = [[f"`{table.name}`", table.row, ", ".join(f"`{key}`" for key in table.key)] for table in _all()]
    return ["table", "one row is", "known by"], rows


def columns(course: object = None) -> tuple[list[str], list[list[str]]]:
    """Every column of every table: (headings, rows)."""
    rows = [
        [f"`{table.name}`", f"`{column.name}`", _kind(column), column.unit, _meaning(column)]
        for table in _all()
        for column in table.columns
    ]
    return ["table", "column", "kind", "unit", "what it says"], rows


def irregularities(course: object = None) -> tuple[list[str], list[list[str]]]:
    """Every kind of irregularity that is planted: (headings, rows)."""
    from cleanworks.city import planted

    rows = [
        [f"`planted.{one.kind}`", one.meaning, f"`{one.table}`", one.share_of]
        for one in planted.kinds().itertuples()
    ]
    return ["rate in the profile", "what is planted", "rows marked in", "the rate is a share of"], rows


def _all() -> list[schemas.Table]:
    return list(schemas.tables().values())


def _kind(column: schemas.Column) -> str:
    return f"{column.kind}, may be empty" if column.null else column.kind


def _meaning(column: schemas.Column) -> str:
    said = [f"{column.meaning}."]
    if column.allowed:
        said.append(f"One of {', '.join(f'`{value}`' for value in column.allowed)}.")
    if column.refers:
        said.append(f"Refers to `{column.refers}`.")
    return " ".join(said)
