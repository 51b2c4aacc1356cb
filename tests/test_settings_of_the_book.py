"""What the settings of the book name is there: a build says so only after minutes."""

import importlib
import re
from pathlib import Path

import yaml

from cleanworks import words

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


def test_what_opens_a_folded_cell_is_said_in_every_language():
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]
    for name in ("nb_code_prompt_show", "nb_code_prompt_hide"):
        said = {
            words.say(settings[name], path.stem) for path in (ROOT / "cleanworks" / "locale").glob("*.po")
        }
        assert len(said) >= 3 and settings[name] not in said
