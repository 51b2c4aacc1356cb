"""JupyterHub for one workshop on one machine: a password for the room, a folder for each name, lessons that are never overwritten.

    CLASS_PASSWORD='...' CLASS_KIT=/srv/kit jupyterhub -f jupyterhub_config.py

CLASS_KIT is the learners' folder of a built workshop. Variables instead of values, so that nothing secret stands in this file.
CLASS_BOARD is the address of `cleanworks class serve` on this machine: whoever agrees at the start appears on its board.
"""

import json
import os
import shutil
import sys
from http.cookies import SimpleCookie
from pathlib import Path
from urllib import request

from cleanworks import words
from cleanworks.learn import sharing

c = get_config()  # noqa: F821

KIT = Path(os.environ.get("CLASS_KIT", "/srv/kit"))
PLACES = Path(os.environ.get("CLASS_PLACES", "/srv/class"))
PASSWORD = os.environ.get("CLASS_PASSWORD", "")
BOARD = os.environ.get("CLASS_BOARD", "").rstrip("/")
LANGUAGE = os.environ.get("CLEANWORKS_LANGUAGE", "en")
if len(PASSWORD) < 8:
    sys.exit("Set CLASS_PASSWORD to the password of the room: at least eight letters or digits.")
if not (KIT / "course").is_dir():
    sys.exit(f"There is no kit in {KIT}: set CLASS_KIT to the folder `learner` of a built workshop.")

# Everybody in the room has the same password and makes up a name.
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = PASSWORD
c.Authenticator.allow_all = True
# JupyterHub looks for the pattern at the beginning of a name only, and a name becomes a folder.
c.Authenticator.username_pattern = r"[a-z][a-z0-9-]{1,29}\Z"

# One process for each learner, all of them of the same user of the machine: whoever knows how can read the folder of
# another. That is right for two days of invented data and for nothing else.
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(PLACES / "{username}")
c.Spawner.cmd = ["jupyterhub-singleuser"]
c.Spawner.default_url = "/lab"
# Ten who start at once on two cores wait longer than the half minute that JupyterHub allows by itself, and a room presses the
# same button in the same minute: nobody is sent away, all wait a little.
c.Spawner.start_timeout = 180
c.Spawner.http_timeout = 180
c.JupyterHub.concurrent_spawn_limit = 0
c.JupyterHub.active_server_limit = int(os.environ.get("CLASS_MOST", "40"))


def give_lessons(spawner):
    """Copy the lessons that a learner does not have yet. What is there may hold work and stays."""
    home = PLACES / spawner.user.name
    for path in sorted((KIT / "course").rglob("*")):
        target = home / "course" / path.relative_to(KIT / "course")
        if path.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    spawner.environment["CLEANWORKS_RECORD"] = str(home / "my-progress.json")
    spawner.notebook_dir = str(home / "course")
    if (KIT / "data" / "manifest.json").is_file():
        spawner.environment["CLEANWORKS_DATA"] = str(KIT / "data")
    if BOARD:
        try:
            on_the_board(spawner, home)
        except (OSError, ValueError, KeyError) as error:
            spawner.log.warning("The board of the class cannot be reached at %s: %s", BOARD, error)


# The one question at the start. Nothing is sent for a learner who does not say yes.
AGREE = "share"
SHARE = words.say(
    "Show my instructor how my checks end: which question, how it ended, which known mistake, how many hints I opened. Not my code, and nothing else.",
    LANGUAGE,
)
if BOARD:
    c.Spawner.options_form = (
        f'<label dir="auto"><input type="checkbox" name="{AGREE}" value="yes"> {SHARE}</label>'
    )
    c.Spawner.options_from_form = lambda form: {AGREE: form.get(AGREE) == ["yes"]}
    # The answer changes nothing of the server itself; `on_the_board` reads it.
    c.Spawner.apply_user_options = lambda spawner, options: None


def on_the_board(spawner, home):
    """Join the class for this learner, or take the learner off the board, as the answer at the start says."""
    agreed = spawner.user_options.get(AGREE) is True
    kept = home / ".class-ticket.json"
    ticket = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else None
    if ticket and ticket["board"] != BOARD:
        ticket = None
    if ticket:
        ask("share", {"yes": agreed}, ticket["cookie"])
    elif agreed:
        cookie = SimpleCookie(ask("join", {"name": spawner.user.name, "share": True}))
        ticket = {"board": BOARD, "cookie": next(f"{one.key}={one.value}" for one in cookie.values())}
        kept.touch(mode=0o600)
        kept.write_text(json.dumps(ticket), encoding="utf-8")
    spawner.environment.pop(sharing.TICKET, None)
    if agreed:
        spawner.environment[sharing.CLASS] = f"{BOARD}/"
        spawner.environment[sharing.TICKET] = ticket["cookie"].partition("=")[2]


def ask(act, body, cookie=""):
    """Say one thing to the class, as a browser of the room does; gives the cookie that it sets."""
    headers = {"Content-Type": "application/json", "Cookie": cookie}
    sent = request.Request(f"{BOARD}/class/{act}", json.dumps(body).encode(), headers)
    with request.build_opener(request.ProxyHandler({})).open(sent, timeout=5) as answer:
        return answer.headers.get("Set-Cookie", "")


c.Spawner.pre_spawn_hook = give_lessons
asked_for = ("CLEANWORKS_PROFILE", "CLEANWORKS_LANGUAGE")
c.Spawner.environment = {name: os.environ[name] for name in asked_for if name in os.environ}

# Who has done nothing for an hour gives the memory back; the files stay.
c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["idle-culler"],
    }
]
c.JupyterHub.services = [
    {"name": "idle-culler", "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"]}
]

c.JupyterHub.bind_url = os.environ.get("CLASS_ADDRESS", "http://:8000")
# Beside the folders of the learners, so that a restart finds who was there.
c.JupyterHub.db_url = f"sqlite:///{PLACES / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(PLACES / "cookie_secret")
PLACES.mkdir(parents=True, exist_ok=True)
