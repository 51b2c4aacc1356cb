"""What watches over the cells from inside their kernel: which files they open, how much they show, how much they write.

Installed before the first cell, in forked and in fresh kernels alike.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from . import hidden

if TYPE_CHECKING:
    from ipykernel.iostream import OutStream

VARIABLE = "CLEANWORKS_KERNEL"
# Messages that count as outputs.
SHOWN = ("display_data", "execute_result", "update_display_data")
# The message that tells the runner that a limit was passed.
LIMIT = "cleanworks_limit"
# Messages that pass whatever the limits are.
PASSING = ("status", "execute_input", "error", LIMIT, "iopub_welcome", "shutdown_reply")


@dataclass(frozen=True)
class Guard:
    """Settings of the watch, as they travel to the kernel.

    `audit` is the file that the names of opened files are appended to; limits are in bytes and numbers of outputs.
    """

    audit: str
    output_bytes: int
    output_count: int
    file_bytes: int

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def take(cls) -> Guard | None:
        """The settings from the environment, which forgets them: cells should find no trace."""
        text = os.environ.pop(VARIABLE, None)
        return cls(**json.loads(text)) if text else None

    def install(self, shown: bool = True) -> None:
        """Begin to watch; without `shown`, somebody else looks after how much is shown."""
        limit_files(self.file_bytes)
        if shown:
            limit_outputs(self)
        record_opened_files(self.audit, quiet_prefixes())
        hidden.record(self.audit)
        hide_own_frames()

    def too_much(self, size: int) -> str:
        """What to say of a lesson that has shown `size` bytes, when that or their number is beyond the limits."""
        if size > self.output_bytes:
            return f"The lesson shows more than {self.output_bytes / 1e6:g} MB of output."
        return f"The lesson shows more than {self.output_count} outputs."


def limit_files(most: int) -> None:
    """No file of this process or its children grows beyond `most` bytes: writing more raises OSError."""
    try:
        import resource
    except ImportError:  # Windows
        return
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    # A crash should leave a message, not a file as large as the memory.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def limit_outputs(guard: Guard) -> None:
    """Outputs beyond these limits are dropped here, in the kernel; one message tells the runner that it happened."""
    from ipykernel import iostream, kernelapp

    stream: type[iostream.OutStream] = iostream.OutStream
    if os.name == "posix":
        from .streams import OrderedStream

        stream = OrderedStream
    limit_prints(stream, guard.output_bytes)

    class LimitedIOPubThread(iostream.IOPubThread):
        size = shown = 0
        full = False

        def send_multipart(self, msg: Any, *args: Any, **kwargs: Any) -> None:
            topic = bytes(msg[0]).decode("utf-8", "replace")
            if topic.endswith(PASSING):
                return super().send_multipart(msg, *args, **kwargs)
            self.size += sum(len(part) for part in msg)
            self.shown += topic.endswith(SHOWN)
            if self.size <= guard.output_bytes and self.shown <= guard.output_count:
                return super().send_multipart(msg, *args, **kwargs)
            if not self.full:
                self.full = True
                text = guard.too_much(self.size)
                self.session.send(self, LIMIT, {"text": text}, parent=_parent(msg), ident=LIMIT.encode())
            return None

    vars(kernelapp)["IOPubThread"] = LimitedIOPubThread


def limit_prints(stream: type[OutStream], most_bytes: int) -> None:
    """Printed text waits in memory before it is sent: what is too much is dropped at once, what is not text is made so."""
    write = stream.write
    kept = 0

    def limited(self: Any, string: str) -> int | None:
        nonlocal kept
        if not isinstance(string, str) or kept > most_bytes:
            # One byte too many has been kept: enough for the limit to be noticed.
            return write(self, string) if not isinstance(string, str) else len(string)
        kept += len(string)
        full = kept > most_bytes
        text = string[: most_bytes + 1] if full else string
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        write(self, text)
        if full:
            # The runner should hear of it now: the cell may go on for ever.
            self.flush()
        return len(string)

    stream.write = limited  # type: ignore[method-assign]  # on purpose


def hide_own_frames() -> None:
    """Tracebacks that IPython shows are those of any other kernel: what we put around ``print`` is not in them."""
    from ipykernel.zmqshell import ZMQInteractiveShell

    get, own = ZMQInteractiveShell._get_exc_info, os.path.dirname(__file__) + os.sep

    def get_exc_info(self: Any, exc_tuple: Any = None) -> Any:
        found = get(self, exc_tuple)
        errors, seen = [found[1]], set()
        while errors:
            error = errors.pop()
            if isinstance(error, BaseException) and id(error) not in seen:
                seen.add(id(error))
                errors += [error.__cause__, error.__context__]
                place = error.__traceback__
                while place is not None:
                    while (after := place.tb_next) and after.tb_frame.f_code.co_filename.startswith(own):
                        place.tb_next = after.tb_next
                    place = place.tb_next
        return found

    ZMQInteractiveShell._get_exc_info = get_exc_info  # type: ignore[method-assign]


def _parent(message: Sequence[bytes]) -> dict[str, Any]:
    """The header of the request that a message belongs to: the third part after the delimiter."""
    at = [bytes(part) for part in message].index(b"<IDS|MSG>")
    return json.loads(bytes(message[at + 3]))


def quiet_prefixes() -> tuple[str, ...]:
    """Folders whose files are no news: Python itself and what is installed with it."""
    found = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.__file__)}
    found |= {path for path in sys.path if "site-packages" in path or "dist-packages" in path}
    return tuple(sorted(os.path.realpath(path) + os.sep for path in found))


def record_opened_files(log: str, quiet: Sequence[str]) -> None:
    """Append ``r`` or ``w`` and the absolute path to `log` whenever Python code opens a file, each once.

    Libraries that open files without Python (a database reading Parquet) are not seen.
    """
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    quiet = (*quiet, "/proc/", "/dev/", "/sys/")
    seen: set[tuple[str | bytes, bool]] = set()
    writing = os.O_WRONLY | os.O_RDWR

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            writes = bool((flags or 0) & writing)
        elif event == "sqlite3.connect":
            path, writes = arguments[0], False
        else:
            return
        if not isinstance(path, (str, bytes)) or (path, writes) in seen or path == ":memory:":
            return
        seen.add((path, writes))
        full = os.path.abspath(os.fsdecode(path))
        if not full.startswith(quiet):
            # The cells may close the file under us; they break more than this then.
            with contextlib.suppress(OSError):
                os.write(handle, f"{'w' if writes else 'r'}{json.dumps(full)}\n".encode())

    sys.addaudithook(hook)
