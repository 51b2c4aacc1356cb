"""What a learner double-clicks: the start page, and one script for each system."""

from __future__ import annotations

from cleanworks.paper import Page, escape
from cleanworks.workshop.delivery.programme import Programme

_UNIX = """#!/bin/sh
# Makes a Python environment from the wheels of this folder, without the internet, and opens the notebooks.
cd "$(dirname "$0")" || exit 1
%(machine)sVERSION="%(python)s"
if [ ! -f .venv/ready ]; then
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
cd /d "%~dp0"
if exist .venv\ready goto open
set PY=
py -@PYTHON@ -c "import venv" >nul 2>&1 && set PY=py -@PYTHON@
if not defined PY python -c "import sys, venv; sys.exit('%%d.%%d' %% sys.version_info[:2] != '@PYTHON@')" >nul 2>&1 && set PY=python
if not defined PY (
  echo Python @PYTHON@ is not installed on this computer. Ask your instructor for it, install it, and start this again.
  pause
  exit /b 2
)
echo Preparing the notebooks. This takes a minute or two, once.
if exist .venv rmdir /s /q .venv
%PY% -m venv .venv || goto failed
.venv\Scripts\python -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels\common --find-links wheels\windows --no-deps -r requirements-windows.txt || goto failed
echo ready> .venv\ready
:open
@PROFILE@if "%1"=="check" (
  .venv\Scripts\python -m cleanworks.workshop.delivery.verify .
  pause
  exit /b
)
rem The checks in the notebooks write here what you did; nothing leaves this computer.
if not defined CLEANWORKS_RECORD set "CLEANWORKS_RECORD=%~dp0my-progress.json"
.venv\Scripts\python -m jupyterlab course
exit /b
:failed
echo Something could not be installed. Show the lines above to your instructor.
pause
exit /b 2
"""


def scripts(python: str, profile: str | None, language: str | None = None) -> dict[str, str]:
    """The start scripts by name. The Windows one has the line ends that Windows needs."""
    chosen = {"CLEANWORKS_PROFILE": profile, "CLEANWORKS_LANGUAGE": language}
    chosen = {name: value for name, value in chosen.items() if value}
    unix_profile = "".join(f"{name}='{value}'; export {name}\n" for name, value in chosen.items())
    made = {
        "start.sh": _UNIX % {"machine": "", "python": python, "system": "linux", "profile": unix_profile},
        "start.command": _UNIX % {"machine": _APPLE_SILICON, "python": python, "system": "macos", "profile": unix_profile},
    }
    windows = _WINDOWS.replace("@PYTHON@", python)
    windows = windows.replace("@PROFILE@", "".join(f"set {name}={value}\n" for name, value in chosen.items()))
    made["start.bat"] = windows.replace("\n", "\r\n")
    return made


_STYLE = """
.steps > li { margin: .8em 0; } kbd { border: 1px solid #6b7280; border-radius: 3px; padding: 0 .3em; font-weight: 600; }
"""


def start_page(
    programme: Programme, python: str, systems: tuple[str, ...], first: str, notebooks: dict[str, str]
) -> Page:
    """The page that says what to double-click. `notebooks` maps paths to titles; `first` is where to begin."""
    workshop = programme.workshop
    named = {
        "windows": "On Windows, double-click <kbd>start.bat</kbd>. If a blue window warns of an unknown publisher, choose "
        "<i>More info</i>, then <i>Run anyway</i>.",
        "macos": "On a Mac with Apple silicon (2020 and later), hold Control, click <kbd>start.command</kbd>, and choose <i>Open</i>.",
        "linux": "On Linux, open a terminal in this folder and type <kbd>sh start.sh</kbd>.",
    }
    if systems:
        how = "".join(f"<li>{named[system]}</li>" for system in systems)
        install = (
            f"<p>You need Python {escape(python)} on the computer, and no internet.</p>"
            f"<ul>{how}</ul><p>The first start takes a minute or two. Then your browser opens with the notebooks.</p>"
        )
    else:
        install = (
            "<p>This kit has no packages inside. Install those of <kbd>requirements.txt</kbd> with pip, then start "
            "<kbd>jupyter lab course</kbd>, or read the book.</p>"
        )
    listed = "".join(
        f"<li>{escape(title)}: <kbd>{escape(path)}</kbd></li>" for path, title in notebooks.items()
    )
    body = f"""<h1>{escape(workshop.title)}</h1>
<p>{escape(workshop.place)}. Everything here works without internet.</p>
<h2>1. Read</h2>
<p>Open <a href="book/index.html">the book</a> and <a href="agenda/agenda.html">the agenda</a>.</p>
<h2>2. Try</h2>
{install}
<p>Begin with <kbd>{escape(first)}</kbd>. Click into a grey cell and press <kbd>Shift</kbd> + <kbd>Enter</kbd>.</p>
<h2>3. Keep your progress</h2>
<p>Each check adds its outcome to <kbd>my-progress.json</kbd> in this folder: no name, no answers, and only on this computer.
The book has a page <i>Your progress</i>; press <i>Read a file</i> there and choose it.</p>
<h2>4. If something does not work</h2>
<p>Start the same file with the word <kbd>check</kbd> after it: <kbd>start.bat check</kbd>, <kbd>sh start.sh check</kbd>.
It says in plain words whether the kit is whole and its first notebook runs. If a line says NO, show it to your
instructor.</p>
<h2>What is inside</h2>
<ul>{listed}</ul>
"""
    return Page(workshop.title, body, workshop.language, style=_STYLE)
