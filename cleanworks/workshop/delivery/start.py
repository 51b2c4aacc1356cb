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
cd /d "%~dp0"
if exist .venv\ready goto open
set PY=
if exist python\python.exe set PY=python\python.exe
if not defined PY py -@PYTHON@ -c "import venv" >nul 2>&1 && set PY=py -@PYTHON@
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
if exist data\manifest.json set "CLEANWORKS_DATA=%~dp0data"
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
    made["start.bat"] = windows.replace("\n", "\r\n")
    return made


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
) -> Page:
    """The page that says where to begin.

    Parameters
    ----------
    systems : those whose packages the kit brings.
    notebooks : titles by path, in their order.
    book, runs, tables : whether the kit holds the book, whether its pages run Python, and whether it holds tables for a spreadsheet.
    carried : whether the kit brings Python itself, for Windows.
    """
    workshop = programme.workshop
    first = next(iter(notebooks), "")
    agenda = '<a href="agenda/agenda.html">agenda</a>'
    parts = []
    if book:
        lesson = (
            f"book/{first.removeprefix('course/').removesuffix('.ipynb')}.html"
            if first
            else "book/index.html"
        )
        parts.append(
            f"""<h2>Open the book</h2>
<p><a href="book/index.html"><b>Open the book</b></a>; the workshop begins with <a href="{escape(lesson)}">this lesson</a>, and this is the
{agenda}. Nothing has to be installed.</p>"""
            + (_RUNS if runs else "")
            + """<p>The book remembers on this computer what you did. Its page <i>Your progress</i> shows it and saves it as a file.</p>"""
        )
    else:
        parts.append(f"<h2>The programme</h2><p>This is the {agenda}.</p>")
    heading = "Or work in notebooks" if book else "Work in notebooks"
    parts.append(f"<h2>{heading}</h2>{_notebooks(python, systems, first, carried)}")
    listed = "".join(
        f"<li>{escape(title)}: <kbd>{escape(path)}</kbd></li>" for path, title in notebooks.items()
    )
    if tables:
        listed += "<li>The tables of the course, for a spreadsheet: <kbd>data/tables.zip</kbd></li>"
    body = f"""<h1>{escape(workshop.title)}</h1>
<p>{escape(workshop.place)}. Everything here works without internet.</p>
{"".join(parts)}
<h2>What is inside</h2>
<ul>{listed}</ul>
"""
    return Page(workshop.title, body, workshop.language, style=_STYLE)


_RUNS = """<p>Press <kbd>Run</kbd> under a grey box to run its code in the page, change the code of an exercise, and press <kbd>Check</kbd>.
The first time takes some seconds.</p>"""


def _notebooks(python: str, systems: tuple[str, ...], first: str, carried: bool) -> str:
    """The second way: JupyterLab, with the packages of the kit or with one's own."""
    if not systems:
        return (
            "<p>The same lessons are notebooks in the folder <kbd>course</kbd>. This kit brings no packages for them: on a computer with "
            f"Python and internet, install those of <kbd>requirements.txt</kbd> and the project itself, and start <kbd>jupyter lab {escape(first)}</kbd>.</p>"
        )
    named = {
        "windows": "On Windows, double-click <kbd>start.bat</kbd>. If a blue window warns of an unknown publisher, choose "
        "<i>More info</i>, then <i>Run anyway</i>.",
        "macos": "On a Mac with Apple silicon (2020 and later), hold Control, click <kbd>start.command</kbd>, and choose <i>Open</i>.",
        "linux": "On Linux, open a terminal in this folder and type <kbd>sh start.sh</kbd>.",
    }
    how = "".join(f"<li>{named[system]}</li>" for system in systems)
    needed = f"You need Python {escape(python)} on the computer, and no internet."
    if carried:
        others = "" if systems == ("windows",) else f" Other systems need Python {escape(python)}."
        needed = f"On Windows nothing has to be installed: Python is in this folder.{others} No internet is needed."
    return f"""<p>{needed}</p><ul>{how}</ul>
<p>The first start takes a minute or two. Then your browser opens with the notebooks. Begin with <kbd>{escape(first)}</kbd>: click into a grey
cell and press <kbd>Shift</kbd> + <kbd>Enter</kbd>.</p>
<p>Each check adds its outcome to <kbd>my-progress.json</kbd> in this folder: no name, no answers, and only on this computer.
On the book's page <i>Your progress</i>, press <i>Read a file</i> and choose it.</p>
<p>If something does not work, start the same file with the word <kbd>check</kbd> after it: <kbd>start.bat check</kbd>,
<kbd>sh start.sh check</kbd>. It says in plain words whether the kit is whole and its first notebook runs. If a line says NO, show it to
your instructor.</p>"""
