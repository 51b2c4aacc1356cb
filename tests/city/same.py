"""Digests of the tables of the city. Run it to write ``digests.json`` again: ``python tests/city/same.py``."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd

from cleanworks import city, profiles
from cleanworks.city import classroom, schemas

KNOWN = Path(__file__).with_name("digests.json")


def digest(frame: pd.DataFrame) -> str:
    """Of the values of a table, whatever types this pandas keeps them in."""
    total = hashlib.sha256(f"{len(frame)} {' '.join(frame.columns)}".encode())
    for name in frame:
        values = frame[name]
        if pd.api.types.is_datetime64_any_dtype(values):
            data = values.to_numpy().astype("datetime64[s]").astype("<i8").tobytes()
        elif pd.api.types.is_bool_dtype(values):
            data = values.to_numpy().astype("u1").tobytes()
        elif pd.api.types.is_numeric_dtype(values):
            data = values.to_numpy(float, na_value=np.nan).astype("<f8").tobytes()
        else:
            data = "\0".join(values.astype(object).where(values.notna(), "")).encode()
        total.update(data)
    return total.hexdigest()[:12]


def digests(code: str) -> dict[str, str]:
    names = list(schemas.tables())
    return {n: digest(t) for n, t in zip(names, city.load(*names, profile=code), strict=True)}


def of_the_class() -> dict[str, str]:
    return {name: digest(table) for name, table in classroom.make().items()}


def write() -> None:
    found = {"class": of_the_class(), **{code: digests(code) for code in profiles.available()}}
    KNOWN.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
