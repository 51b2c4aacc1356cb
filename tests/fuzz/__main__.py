"""`python tests/fuzz`: see `engine.py`; `python tests/fuzz kills`: see `kills.py`."""

import sys
import types
from pathlib import Path

# Some packages bring a `tests` of their own, which would be found first.
ours = types.ModuleType("tests")
ours.__path__ = [str(Path(__file__).resolve().parent.parent)]
sys.modules["tests"] = ours

from tests.fuzz import engine, kills  # noqa: E402

if __name__ == "__main__":
    if sys.argv[1:2] == ["kills"]:
        del sys.argv[1]
        sys.exit(kills.main())
    sys.exit(engine.main())
