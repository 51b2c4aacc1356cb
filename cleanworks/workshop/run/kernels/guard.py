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
        record_hidden_failures(self.audit)

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


def _parent(message: Sequence[bytes]) -> dict[str, Any]:
    """The header of the request that a message belongs to: the third part after the delimiter."""
    at = [bytes(part) for part in message].index(b"<IDS|MSG>")
    return json.loads(bytes(message[at + 3]))


def quiet_prefixes() -> tuple[str, ...]:
    """Folders whose files are no news: Python itself and what is installed with it."""
    found = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.__file__)}
    found |= {path for path in sys.path if "site-packages" in path or "dist-packages" in path}
    return tuple(sorted(os.path.realpath(path) + os.sep for path in found))


def record_hidden_failures(log: str) -> None:
    """Append ``x``, the number of the cell's execution and a sentence to `log` for what fails without failing its cell.

    That is a ``!command`` that ends with another code than 0, and an exception that ends a thread.
    """
    import threading

    from ipykernel.zmqshell import ZMQInteractiveShell

    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(shell: Any, text: str) -> None:
        with contextlib.suppress(OSError):
            # The list of inputs holds the running cell; the counter of executions may be one ahead of it.
            count = len(shell.history_manager.input_hist_parsed) - 1 if shell is not None else 0
            os.write(handle, f"x{json.dumps([count, text[:300]])}\n".encode())

    run_command, thread_failed = ZMQInteractiveShell.system_piped, threading.excepthook

    def system_piped(self: Any, cmd: str) -> None:
        run_command(self, cmd)
        code = self.user_ns.get("_exit_code", 0)
        if code:
            note(self, f"The command `!{cmd}` ended with the code {code}.")

    def excepthook(arguments: Any) -> None:
        if arguments.exc_type is not SystemExit:
            shell = ZMQInteractiveShell._instance
            note(shell, f"A thread ended with {arguments.exc_type.__name__}: {arguments.exc_value}")
        thread_failed(arguments)

    # `system` is the name that `!` calls; in the class it stands for `system_piped` of the time when the class was made.
    for name in ("system_piped", "system"):
        setattr(ZMQInteractiveShell, name, system_piped)
    threading.excepthook = excepthook


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
