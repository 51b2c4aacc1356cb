"""Tables as small files of typed columns, which numpy reads in a moment: for the page and for a kit.

A file is what ``numpy.load`` calls an npz, without pickled objects. Each column has one array under its name, or two:

- texts: ``NAME`` holds the number of the text in the sorted list of texts, -1 where there is none; ``NAME.texts`` holds
  that list as UTF-8, with a line break between two texts;
- dates and times: days or seconds since 1970, and the smallest whole number where there is none;
- numbers: whole numbers in the smallest type that holds them; numbers with at most four decimals times 10, 100 ... with
  that factor as ``NAME.per``; anything else as float64.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import numpy as np
import pandas as pd

from cleanworks.city import schemas

SUFFIX = ".npz"
_NONE = np.iinfo(np.int64).min
_EXACT = 2**53  # up to here a float64 holds every whole number


def to_bytes(name: str, frame: pd.DataFrame) -> bytes:
    """A typed table as the bytes of a file, the same for the same table."""
    out = io.BytesIO()
    described = schemas.table(name)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for column in described.columns:
            for key, values in _arrays(column.name, column.kind, frame[column.name]):
                held = io.BytesIO()
                np.lib.format.write_array(held, values, allow_pickle=False)
                entry = zipfile.ZipInfo(f"{key}.npy", (2026, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, held.getvalue())
    return out.getvalue()


def from_bytes(name: str, data: bytes) -> pd.DataFrame:
    """The table in such a file, typed as :func:`cleanworks.city.schemas.typed` describes it."""
    described = schemas.table(name)
    with np.load(io.BytesIO(data), allow_pickle=False) as held:
        columns = {column.name: _values(column.name, column.kind, held) for column in described.columns}
    return schemas.typed(name, pd.DataFrame(columns))


def _arrays(name: str, kind: str, values: pd.Series) -> Iterator[tuple[str, np.ndarray]]:
    if kind in ("date", "time"):
        unit = "D" if kind == "date" else "s"
        moments = values.to_numpy().astype("datetime64[ns]").astype(f"datetime64[{unit}]").astype("int64")
        yield name, _moments(moments)
    elif kind == "flag":
        yield name, values.to_numpy().astype("uint8")
    elif kind in ("number", "integer", "money"):
        numbers = values.to_numpy()
        if numbers.dtype.kind == "i":
            yield name, _smallest(numbers.astype("int64"))
            return
        for places in range(5):
            scaled = np.round(numbers * 10.0**places)
            exact = (
                (scaled / 10.0**places == numbers)
                & (np.abs(scaled) < _EXACT)
                & ~((numbers == 0) & np.signbit(numbers))
            )
            if exact.all():
                yield name, _smallest(scaled.astype("int64"))
                yield f"{name}.per", np.array(10**places, dtype="int64")
                return
        yield name, numbers.astype("float64")
    else:
        codes, texts = pd.factorize(values.astype(object), sort=True, use_na_sentinel=True)
        yield name, _smallest(codes.astype("int64"))
        yield f"{name}.texts", np.frombuffer("\n".join(texts).encode(), dtype="uint8")


def _values(name: str, kind: str, held: np.lib.npyio.NpzFile) -> pd.Series | np.ndarray:
    stored = held[name]
    if kind in ("date", "time"):
        moments = np.where(stored == np.iinfo(stored.dtype).min, _NONE, stored.astype("int64"))
        return moments.astype("datetime64[D]" if kind == "date" else "datetime64[s]").astype("datetime64[ns]")
    if kind == "flag":
        return stored.astype(bool)
    if kind in ("number", "integer", "money"):
        if f"{name}.per" in held:
            return stored.astype("float64") / float(held[f"{name}.per"])
        return stored
    texts = held[f"{name}.texts"].tobytes().decode()
    known = np.array([*(texts.split("\n") if texts else []), None], dtype=object)
    return pd.Series(known[stored.astype(np.intp)])


def _moments(values: np.ndarray) -> np.ndarray:
    """Moments in the smallest type that has one number to spare, its lowest, for those that are missing."""
    missing = values == _NONE
    held = _smallest(np.where(missing, 0, values) - 1)
    return np.where(missing, np.iinfo(held.dtype).min, np.where(missing, 0, values)).astype(held.dtype)


def _smallest(numbers: np.ndarray) -> np.ndarray:
    """Whole numbers in the smallest signed type that holds them."""
    if not len(numbers):
        return numbers.astype("int8")
    for kind in ("int8", "int16", "int32"):
        held = np.iinfo(kind)
        if held.min <= numbers.min() and numbers.max() <= held.max:
            return numbers.astype(kind)
    return numbers
