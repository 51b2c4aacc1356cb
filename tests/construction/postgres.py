"""A PostgreSQL server of one's own, on a socket in a temporary folder, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path


def programs() -> Path | None:
    """The folder of initdb and pg_ctl, newest version first; None if PostgreSQL is not installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    places = [
        p for root in ("/usr/lib/postgresql", "/opt/homebrew/opt") for p in Path(root).glob("*/bin/initdb")
    ]
    return (
        max(
            places, key=lambda p: [int(n) for n in p.parts[-3].split("@")[-1].split(".") if n.isdigit()]
        ).parent
        if places
        else None
    )


@contextmanager
def server():
    """The address of an empty database."""
    bin_folder = programs()
    # Not pytest's folder: a socket's path may have at most about a hundred characters, and root must hand it over.
    folder = Path(tempfile.mkdtemp(prefix="cw-pg-", dir="/tmp"))
    as_user = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        import pwd

        name = next(n for n in ("postgres", "nobody") if _known(n))
        entry = pwd.getpwnam(name)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        as_user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def run(*command):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, **as_user)
        assert done.returncode == 0, done.stderr + done.stdout

    data = folder / "data"
    try:
        run(bin_folder / "initdb", "-D", data, "-U", "cleanworks", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        run(bin_folder / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql://cleanworks@/postgres?host={folder}"
        finally:
            run(bin_folder / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _known(name: str) -> bool:
    import pwd

    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
