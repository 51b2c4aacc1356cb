"""Is a learner's kit installed, and its first notebook run, in five minutes on a machine without a network?

    python benchmarks/offline_kit.py [FILE] [--limit 300]

Builds the kit of a workshop (the half-day introduction if none is named) with the packages for Linux, unpacks the zip
into an empty folder, and starts `start.sh check` there as a learner would: in a network namespace of its own that has no
interface but its own loopback, with an empty home folder and nothing of this environment. Linux only (`unshare` of
util-linux). Exit code 1 if anything fails or the limit is passed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-c", "from cleanworks.cli import main; main()"]
ISOLATED = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
# Every computer reaches itself, and Jupyter needs that; a new namespace begins with even this switched off.
LOOPBACK = (
    "import fcntl, os, socket, struct, sys\n"
    "with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:\n"
    "    fcntl.ioctl(any_socket, 0x8914, struct.pack('16sh14x', b'lo', 0x1 | 0x40))\n"
    "os.execvp(sys.argv[1], sys.argv[1:])\n"
)
# The proof that there is no network: a name and an address that any connected machine reaches.
PROBE = (
    "import socket\n"
    "for address in (('pypi.org', 443), ('1.1.1.1', 53)):\n"
    "    try:\n"
    "        socket.create_connection(address, timeout=3)\n"
    "    except OSError:\n"
    "        continue\n"
    "    raise SystemExit(f'{address} was reached')\n"
)


def main() -> int:
    """Print how long unpacking, installing and the first notebook took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", nargs="?", default="half-day-introduction")
    parser.add_argument(
        "--limit", type=float, default=300, help="seconds from unpacking to the answer of the check"
    )
    given = parser.parse_args()
    if not shutil.which("unshare"):
        sys.exit("This needs `unshare` (util-linux), which is not on this machine.")
    with tempfile.TemporaryDirectory(prefix="offline-kit-") as place:
        built, machine, home = Path(place, "built"), Path(place, "machine"), Path(place, "home")
        home.mkdir()
        done = subprocess.run(
            [*COMMAND, "workshop", "build", given.file, "--wheels", "linux", "--out", str(built)],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
        archive = next(built.glob("*.zip"))
        # Only what a fresh account has: no PYTHONPATH, no virtual environment, no settings of pip.
        clean = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8"}
        probe = subprocess.run(
            [*ISOLATED, "python3", "-c", LOOPBACK, "python3", "-c", PROBE],
            env=clean,
            capture_output=True,
            text=True,
        )
        if probe.returncode:
            sys.exit(f"The place is not without a network: {probe.stderr.strip()}")
        begun = time.perf_counter()
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(machine)
        kit = next(machine.iterdir())
        unpacked = time.perf_counter() - begun
        checked = subprocess.run(
            [*ISOLATED, "python3", "-c", LOOPBACK, "sh", "start.sh", "check"],
            cwd=kit,
            env=clean,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        took = time.perf_counter() - begun
    print((checked.stdout + checked.stderr).strip())
    good = checked.returncode == 0 and took <= given.limit
    print(
        f"{given.file}: kit of {archive.name}, unpacked in {unpacked:.1f} s, installed and first notebook run after "
        f"{took:.0f} s without a network; limit {given.limit:.0f} s; {'reached' if good else 'MISSED'}"
    )
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
