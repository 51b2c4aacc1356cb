"""A person's mistake in a notebook: one message and the line, no way through the library."""

from __future__ import annotations

import re

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


def test_a_notebook_shows_the_message_and_the_line_and_no_traceback(capsys):
    config = Config()
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "nocolor"
    shell = InteractiveShell(config=config)
    shell.run_cell(
        "from cleanworks.integrity import plan\nshares = 2.4\nplan.survey_options(100, [10], sd=1, rate=shares)"
    )
    shown = re.sub(r"\x1b\[[0-9;]*m", "", "".join(capsys.readouterr()))
    assert "InputError: rate: 2.4 is not a number between 0 and 1. Write 5 % as 0.05." in shown
    assert "line 3" in shown and "----> plan.survey_options(100, [10], sd=1, rate=shares)" in shown
    assert "Traceback" not in shown and "_input.py" not in shown and len(shown.strip().splitlines()) <= 5
