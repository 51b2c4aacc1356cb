"""What a learner double-clicks: the start page, and one script for each system."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import PurePosixPath

from markupsafe import Markup

from cleanworks import words
from cleanworks.html_templates import filled
from cleanworks.paper import Page
from cleanworks.workshop.delivery.programme import Programme

_UNIX = """#!/bin/sh
# Makes a Python environment from the wheels of this folder, without the internet, and opens the notebooks.
cd "$(dirname "$0")" || exit 1
%(machine)sVERSION="%(python)s"
if [ ! -f .venv/ready ] || ! .venv/bin/python -c "" >/dev/null 2>&1; then
  PYTHON=""
  for name in python$VERSION python3 python; do
    if command -v "$name" >/dev/null 2>&1 && "$name" -c "import sys, venv; sys.exit('%%d.%%d' %% sys.version_info[:2] != '$VERSION')" 2>/dev/null; then
      PYTHON="$name"; break
    fi
  done
  if [ -z "$PYTHON" ]; then
    echo "Python $VERSION is not installed on this computer. Ask your instructor for it, install it, and start this again."
    [ -t 0 ] && read -r _
    exit 2
  fi
  echo "Preparing the notebooks. This takes a minute or two, once."
  rm -rf .venv
  "$PYTHON" -m venv .venv || { echo "The environment could not be made. On Debian and Ubuntu: apt install python3-venv"; exit 2; }
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels/common --find-links "wheels/%(system)s" --no-deps -r "requirements-%(system)s.txt" \\
    || { echo "Something could not be installed. Show the lines above to your instructor."; exit 2; }
  touch .venv/ready
fi
%(profile)sif [ "$1" = "check" ]; then
  exec .venv/bin/python -m cleanworks.workshop.delivery.verify .
fi
# The checks in the notebooks write here what you did; nothing leaves this computer.
CLEANWORKS_RECORD="${CLEANWORKS_RECORD:-$PWD/my-progress.json}"; export CLEANWORKS_RECORD
if [ -f data/manifest.json ]; then CLEANWORKS_DATA="$PWD/data"; export CLEANWORKS_DATA; fi
exec .venv/bin/python -m jupyterlab course
"""

# Jupyter may run, under translation, in a shell that calls itself Intel; then the processor itself is asked.
_APPLE_SILICON = """if [ "$(uname -m)" != "arm64" ] && [ "$(sysctl -n hw.optional.arm64 2>/dev/null)" != "1" ]; then
  echo "The packages in this folder are for Macs with Apple silicon (2020 and later); this one has an Intel processor."
  echo "Read the book (book/index.html), or use a computer with Windows or Linux. Ask your instructor."
  [ -t 0 ] && read -r _
  exit 2
fi
"""

_WINDOWS = r"""@echo off
rem Makes a Python environment from the wheels of this folder, without the internet, and opens the notebooks.
rem `pushd` gives a folder of the network a letter, which `cd` cannot.
pushd "%~dp0"
if exist course\ goto whole
echo Files of this folder are missing. If you opened a zip file, extract all of it first, and start this again in the new folder.
pause
exit /b 2
:whole
if not exist .venv\ready goto make
rem The environment of a folder that was moved may start no longer, and is made again.
.venv\Scripts\python.exe -c "import sys" >nul 2>&1
if %errorlevel% equ 0 goto open
:make
set PY=
if exist python\python.exe set PY=python\python.exe
if defined PY goto found
py -@PYTHON@ -c "import venv" >nul 2>&1
if %errorlevel% equ 0 set PY=py -@PYTHON@
if defined PY goto found
python -c "import sys, venv; sys.exit('%%d.%%d' %% sys.version_info[:2] != '@PYTHON@')" >nul 2>&1
if %errorlevel% equ 0 set PY=python
if defined PY goto found
echo Python @PYTHON@ is not installed on this computer. Ask your instructor for it, install it, and start this again.
pause
exit /b 2
:found
echo Preparing the notebooks. This takes a minute or two, once.
if exist .venv rmdir /s /q .venv
%PY% -m venv .venv
if %errorlevel% neq 0 goto failed
.venv\Scripts\python.exe -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels\common --find-links wheels\windows --no-deps -r requirements-windows.txt
if %errorlevel% neq 0 goto failed
echo ready> .venv\ready
:open
@PROFILE@if "%~1"=="check" goto check
rem The checks in the notebooks write here what you did; nothing leaves this computer.
if not defined CLEANWORKS_RECORD set "CLEANWORKS_RECORD=%~dp0my-progress.json"
if exist data\manifest.json set "CLEANWORKS_DATA=%~dp0data"
.venv\Scripts\python.exe -m jupyterlab course
rem What went wrong stays on the screen.
if %errorlevel% neq 0 pause
exit /b
:check
.venv\Scripts\python.exe -m cleanworks.workshop.delivery.verify .
set STATUS=%errorlevel%
pause
exit /b %STATUS%
:failed
echo Something could not be installed. Show the lines above to your instructor.
pause
exit /b 2
"""


def scripts(python: str, profile: str | None, language: str | None = None) -> dict[str, str]:
    """The start scripts by name. The Windows one has the line ends that Windows needs."""
    chosen = {"CLEANWORKS_PROFILE": profile, "CLEANWORKS_LANGUAGE": language}
    chosen = {name: value for name, value in chosen.items() if value}
    # A profile of one's own lies in the kit; notebooks run in other folders, so its whole path is set.
    own = profile is not None and profile.endswith(".toml")
    unix = {name: f"$PWD/{value}" if own and value == profile else value for name, value in chosen.items()}
    unix_profile = "".join(f'{name}="{value}"; export {name}\n' for name, value in unix.items())
    made = {
        "start.sh": _UNIX % {"machine": "", "python": python, "system": "linux", "profile": unix_profile},
        "start.command": _UNIX
        % {"machine": _APPLE_SILICON, "python": python, "system": "macos", "profile": unix_profile},
    }
    windows = _WINDOWS.replace("@PYTHON@", python)
    windows = windows.replace(
        "@PROFILE@",
        "".join(
            f'set "{name}=%~dp0{value}"\n' if own and value == profile else f"set {name}={value}\n"
            for name, value in chosen.items()
        ),
    )
    # In the language of the workshop; the window of Windows has to be told that what follows is UTF-8.
    if language and language != "en":
        windows = windows.replace("@echo off\n", "@echo off\nchcp 65001 >nul\n", 1)
    made["start.bat"] = windows.replace("\n", "\r\n")
    say = partial(words.say, code=language or "en")
    return {name: _PRINTED.sub(lambda found: found[1] + say(found[2]), text) for name, text in made.items()}


_PRINTED = re.compile(r'(\becho "?)([A-Z][^"\r\n]+)')
"""What a start file prints: a sentence after `echo`."""


_STYLE = """
.steps > li { margin: .8em 0; } kbd { border: 1px solid #6b7280; border-radius: 3px; padding: 0 .3em; font-weight: 600; }
"""


def start_page(
    programme: Programme,
    python: str,
    systems: tuple[str, ...],
    notebooks: dict[str, str],
    *,
    book: bool,
    runs: bool,
    tables: bool,
    carried: bool = False,
    papers: Sequence[str] = (),
) -> Page:
    """The page that says where to begin.

    Parameters
    ----------
    systems : those whose packages the kit brings.
    notebooks : titles by path, in their order.
    book, runs, tables : whether the kit holds the book, whether its pages run Python, and whether it holds tables for a spreadsheet.
    carried : whether the kit brings Python itself, for Windows.
    papers : which tests, forms and handouts the kit holds, by their paths.
    """
    workshop = programme.workshop
    say = partial(words.say, code=workshop.language)
    lessons = [
        {
            "path": path,
            "title": title,
            # Its page, which the kit has with the book, and its handout.
            "page": f"book/{path.removeprefix('course/').removesuffix('.ipynb')}.html",
            "handout": next((one for one in papers if PurePosixPath(one).stem == title.split(" ")[0]), ""),
        }
        for path, title in notebooks.items()
    ]

    def told(text: str, *values: Markup) -> Markup:
        """A sentence with a button, a file or a page for each `{}`; the translations have it too."""
        return Markup(say(str(Markup(text).format(*values))))

    body = filled(
        __package__,
        "start.html",
        workshop=workshop,
        python=python,
        systems=systems,
        carried=carried,
        first=next(iter(notebooks), ""),
        lessons=lessons,
        forms=[(path, name) for path, name in _FORMS.items() if path in papers],
        book=book,
        runs=runs,
        tables=tables,
        told=told,
        say=say,
    )
    return Page(workshop.title, body, workshop.language, style=_STYLE)


_FORMS = {
    "forms/before.html": "Test before the workshop",
    "forms/after.html": "Test after the workshop",
    "forms/evaluation.html": "The evaluation form",
    "forms/action-plan.html": "My action plan",
    "forms/three-months-later.html": "Three months later",
}
"""What a participant fills in, in the order of the workshop."""
