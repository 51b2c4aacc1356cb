"""JupyterHub for one workshop on one machine: a password for the room, a folder for each name, lessons that are never overwritten.

    CLASS_PASSWORD='...' CLASS_KIT=/srv/kit jupyterhub -f jupyterhub_config.py

CLASS_KIT is the learners' folder of a built workshop. Variables instead of values, so that nothing secret stands in this file.
"""

import os
import shutil
import sys
from pathlib import Path

c = get_config()  # noqa: F821

KIT = Path(os.environ.get("CLASS_KIT", "/srv/kit"))
PLACES = Path(os.environ.get("CLASS_PLACES", "/srv/class"))
PASSWORD = os.environ.get("CLASS_PASSWORD", "")
if len(PASSWORD) < 8:
    sys.exit("Set CLASS_PASSWORD to the password of the room: at least eight letters or digits.")
if not (KIT / "course").is_dir():
    sys.exit(f"There is no kit in {KIT}: set CLASS_KIT to the folder `learner` of a built workshop.")

# Everybody in the room has the same password and makes up a name.
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = PASSWORD
c.Authenticator.allow_all = True
c.Authenticator.username_pattern = r"[a-z][a-z0-9-]{1,29}"

# One process for each learner, all of them of the same user of the machine: whoever knows how can read the folder of
# another. That is right for two days of invented data and for nothing else.
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(PLACES / "{username}")
c.Spawner.cmd = ["jupyterhub-singleuser"]
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = 120
c.JupyterHub.concurrent_spawn_limit = 10
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


c.Spawner.pre_spawn_hook = give_lessons
for name in ("CLEANWORKS_PROFILE", "CLEANWORKS_LANGUAGE"):
    if name in os.environ:
        c.Spawner.environment[name] = os.environ[name]

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
