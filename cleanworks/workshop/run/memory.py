"""How much memory is left, and what that allows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psutil

_MEGABYTE = 1024 * 1024
# What a lesson is assumed to take if it was never measured.
_UNKNOWN = 400.0


class MemoryGuard:
    """Keeps the run from using the last of the memory.

    Parameters
    ----------
    reserve : float
        Megabytes that must stay free.
    expected : mapping of str to float
        Peak memory of lessons in megabytes, as measured last time.
    """

    def __init__(self, reserve: float, expected: Mapping[str, float] | None = None):
        self._reserve = reserve
        self._expected = dict(expected or {})

    def free(self) -> float:
        """Megabytes that could still be taken: of the machine, or of the container if that has less."""
        machine = psutil.virtual_memory().available / _MEGABYTE
        return min(machine, *_container_free(), machine)

    def has_room(self, name: str) -> bool:
        """Whether one more lesson fits beside those that run."""
        return self.free() - self._expected.get(name, _UNKNOWN) > self._reserve

    def is_tight(self) -> bool:
        return self.free() < self._reserve / 2

    def is_critical(self) -> bool:
        return self.free() < self._reserve / 4


def _container_free(root: Path = Path("/sys/fs/cgroup")) -> list[float]:
    """Free megabytes of this container's own limit; empty if it has none."""
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            most, now = (root / limit).read_text().strip(), (root / used).read_text().strip()
            cache = _file_cache(root / Path(limit).parent / "memory.stat")
        except OSError:
            continue
        if most.isdigit() and int(most) < 1 << 60:
            return [(int(most) - int(now) + cache) / _MEGABYTE]
    return []


def _file_cache(path: Path) -> int:
    """Bytes of file cache that the system would give back when asked."""
    for line in path.read_text().splitlines():
        name, _, value = line.partition(" ")
        if name in ("inactive_file", "total_inactive_file"):
            return int(value)
    return 0
