"""What the settings of the book name is there: a build says so only after minutes."""

import importlib
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_function_that_the_settings_name_is_there():
    named = {
        found
        for file in ("_config.yml", "cleanworks.toml")
        for found in re.findall(r"\b(cleanworks(?:\.\w+)+):(\w+)", (ROOT / file).read_text(encoding="utf-8"))
    }
    assert len(named) > 5
    for module, name in sorted(named):
        assert callable(getattr(importlib.import_module(module), name)), f"{module}:{name}"
