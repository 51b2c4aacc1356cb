"""`python tests/fuzz`: see `engine.py`."""

import sys
import types
from pathlib import Path

# Some packages bring a `tests` of their own, which would be found first.
ours = types.ModuleType("tests")
ours.__path__ = [str(Path(__file__).resolve().parent.parent)]
sys.modules["tests"] = ours

from tests.fuzz.engine import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
