"""A kernel that one worker talks to over one pipe, without Jupyter's sockets and the threads that serve them.

It is ipykernel's own application, shell and message handling; only the transport is another. What the cells see of the kernel
(`get_ipython`, `display`, printed text, tracebacks) is therefore what they see in any other kernel. Messages are JSON, one per line:

    worker -> kernel   {"id": 3, "code": "1 + 1", "stop_on_error": true}
    kernel -> worker   {"type": "ready", "content": {...}}                        once, the language's description
                       {"type": "stream", "parent": "3", "content": {...}}        Jupyter's messages, as they come
                       {"type": "idle", "parent": "3", "content": {"cpu": 1.2}}   the cell has ended; CPU seconds so far
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import threading
from contextvars import copy_context
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import monotonic, process_time
from typing import Any

from ipykernel.iostream import IOPubThread
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel
from IPython.paths import get_ipython_dir
from jupyter_client.session import Session
from tornado.ioloop import IOLoop

from cleanworks import scratch

from . import guard
from .streams import INTERVAL, OrderedStream, as_anywhere

READY, IDLE, BROKEN, COMM = "ready", "idle", "cleanworks_broken", "comm"
# Messages that the worker does without: it knows what it asked, and hears of the end of a cell in our own words.
_UNHEARD = ("status", "execute_input")
# Printed text is sent when so much of it waits (characters), or when it waited for `INTERVAL`.
_FLUSH_SIZE = 1 << 16


class Pipe:
    """Our end of the connection to the worker. Forks of the kernel that a cell makes do not speak on it."""

    def __init__(self, handle: int):
        os.set_inheritable(handle, False)
        self.socket = socket.socket(fileno=handle)
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._buffer = b""

    @property
    def ours(self) -> bool:
        return os.getpid() == self._pid

    def send(self, kind: str, parent: str, content: bytes) -> None:
        if not self.ours:
            return
        line = b'{"type":%s,"parent":%s,"content":%s}\n' % (_quoted(kind), _quoted(parent), content)
        try:
            with self._lock:
                self.socket.sendall(line)
        except OSError:
            # Without the worker, or without the pipe to it, there is nothing left to do here.
            os._exit(1)

    def receive(self) -> list[dict[str, Any]]:
        """The requests that have arrived; blocks until there is something to read."""
        try:
            data = self.socket.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            os._exit(1)
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        return [json.loads(line) for line in lines]


def _quoted(text: str) -> bytes:
    return json.dumps(text).encode()


class PipeSession(Session):
    """Sends messages down the pipe."""

    pipe: Any = None

    def send(self, stream: Any, msg_or_type: Any, content: Any = None, parent: Any = None, ident: Any = None,
             buffers: Any = None, track: bool = False, header: Any = None, metadata: Any = None) -> Any:  # fmt: skip
        message = msg_or_type
        if not isinstance(message, dict):
            message = self.msg(msg_or_type, content, parent, header, metadata)
        kind = message["header"]["msg_type"]
        if kind not in _UNHEARD and self.pipe.ours:
            parent = str(message.get("parent_header", {}).get("msg_id", ""))
            if kind.startswith("comm"):
                self.pipe.send(COMM, parent, b"{}")
            else:
                self.pipe.send(kind, parent, self.pack(message["content"]))
        return message

    # A request never was a list of frames.
    def feed_identities(self, msg_list: Any, copy: bool = True) -> Any:
        return [], msg_list

    def deserialize(self, msg_list: Any, content: bool = True, copy: bool = True) -> Any:
        return msg_list.message


class _NoThread(IOPubThread):
    """Where ipykernel has a thread that publishes: whatever is scheduled happens at once."""

    def __init__(self, session: Session):
        self.session = session
        self.thread = threading.Thread(name="IOPub", daemon=True)
        self.io_loop = None
        self.background_socket = None

    def schedule(self, f: Any) -> None:
        f()


@as_anywhere
class PipeStream(OrderedStream):
    """``sys.stdout`` or ``sys.stderr`` of a kernel without sockets: text is gathered and sent down the pipe."""

    def __init__(self, *args: Any, **kwargs: Any):
        self._waiting = 0
        self._since = monotonic()
        self._sending = threading.RLock()
        super().__init__(*args, **kwargs)

    def write(self, string: str) -> int:
        if not self._is_master_process():
            return self._write_from_a_fork(string)
        if not self._waiting:
            # As in ipykernel, the time counts from the first text that waits: a line is not sent in pieces because none came before it.
            self._since = monotonic()
        length = super().write(string)
        self._waiting += len(string)
        if self._waiting > _FLUSH_SIZE or monotonic() - self._since > INTERVAL:
            self._send_waiting()
        return length

    def _schedule_flush(self) -> None:
        """Nothing to schedule: `write` itself and the thread at the descriptor look after it."""

    def _write_from_a_fork(self, string: str) -> int:
        """A process that a cell has forked writes to the descriptor; its parent reads that."""
        data = string.encode("utf-8", "surrogatepass")
        while data:
            data = data[os.write(self._original_stdstream_fd, data) :]
        return len(string)

    def flush(self) -> None:
        if self._is_master_process():
            self._read_all(to_the_end=True)
            self._send_waiting()

    def _send_waiting(self, wait: bool = True) -> None:
        with self._sending:
            self._waiting = 0
            self._flush()

    def _pause(self) -> None:
        if self._waiting:
            # A cell that printed something and now says nothing for long, or hangs.
            self._send_waiting()


class _NoSocketThread:
    """Where ipykernel has a thread that receives requests: there is none, and all cells run in the main thread."""

    parent_thread = threading.main_thread()

    def __bool__(self) -> bool:
        return False


class PipeKernel(IPythonKernel):
    """ipykernel's kernel, with nobody on its sockets."""

    # A pause that lets the thread of the sockets catch up.
    _execute_sleep = 0.0
    shell_channel_thread = _NoSocketThread()
    _supports_kernel_subshells = False

    def start(self) -> None:
        assert self.shell is not None
        self.shell.exit_now = False
        # The class between warns that there is no debugger.
        Kernel.start(self)


class PipeApp(IPKernelApp):
    """ipykernel's application without its sockets, and without the files that tell others where they are.

    It is made in two steps: `prepare` makes all that does not depend on the lesson, once, in the warm parent; `complete` does the rest
    in each fork.
    """

    kernel_class = PipeKernel
    outstream_class = f"{__name__}.PipeStream"
    pipe: Any = None

    # What comes later, and what a kernel without sockets has no use for.
    def init_connection_file(self) -> None: ...
    def init_heartbeat(self) -> None: ...
    def write_connection_file(self, **kwargs: Any) -> None: ...
    def log_connection_info(self) -> None: ...
    def init_signal(self) -> None: ...
    def init_io(self) -> None: ...

    def init_sockets(self) -> None:
        self.session = PipeSession(parent=self)
        self.configure_tornado_logger()
        self.iopub_thread = _NoThread(self.session)

    def init_kernel(self) -> None:
        self.kernel = self.kernel_class.instance(
            parent=self,
            session=self.session,
            iopub_thread=self.iopub_thread,
            log=self.log,
            profile_dir=self.profile_dir,
            user_ns=self.user_ns,
        )

    def complete(self, pipe: Pipe) -> None:
        """Take what is this process's own: environment, working directory, streams, the pipe."""
        self.pipe = self.session.pipe = pipe
        kernel, shell = self.kernel, self.shell
        assert kernel is not None and shell is not None  # `prepare` made them
        shell.init_environment()
        here = os.getcwd()
        shell.starting_dir = here
        shell.history_manager.dir_hist[:] = [Path(here)]
        self.ipython_dir = shell.ipython_dir = get_ipython_dir()
        self.profile_dir = None
        self.init_profile_dir()
        shell.profile_dir = kernel.profile_dir = self.profile_dir
        IPKernelApp.init_signal(self)
        IPKernelApp.init_io(self)
        self.displayhook.get_execution_count = lambda: kernel.execution_count
        kernel._stdout, kernel._stderr = sys.stdout, sys.stderr

    def start(self) -> None:
        IOLoop.current().add_callback(self._serve)
        super().start()

    async def _serve(self) -> None:
        """Execute what the worker asks for, which waits for the end of one request before the next; the loop goes on in between."""
        loop = asyncio.get_running_loop()
        # As in ipykernel: all cells share one context, so a context variable keeps its value.
        context = copy_context()

        # No task waits for requests: a cell may cancel all tasks there are.
        def receive() -> None:
            for request in self.pipe.receive():
                self._running = loop.create_task(self._execute(request), context=context)

        loop.add_reader(self.pipe.socket.fileno(), receive)
        self.pipe.send(READY, "", json.dumps(self.kernel.language_info).encode())

    async def _execute(self, request: dict[str, Any]) -> None:
        content = {
            "code": request["code"],
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": request["stop_on_error"],
        }
        message = self.session.msg("execute_request", content)
        parent = str(request["id"])
        message["msg_id"] = message["header"]["msg_id"] = parent
        try:
            await self.kernel.dispatch_shell(_Frames(message))
        except Exception as error:
            # The cell took away something that the kernel itself needs.
            text = f"{type(error).__name__}: {error}"
            self.pipe.send(BROKEN, parent, json.dumps({"text": text}).encode())
        while not self.pipe.ours:
            # A cell has forked this process and both go on: this one must not answer for the other.
            signal.pause()
        children = getrusage(RUSAGE_CHILDREN)
        cpu = process_time() + children.ru_utime + children.ru_stime
        self.pipe.send(IDLE, parent, json.dumps({"cpu": cpu}).encode())


class _Frames(list[Any]):
    """A request that is a message already, where ipykernel expects the parts of one."""

    def __init__(self, message: dict[str, Any]):
        super().__init__(["", ""])
        self.message = message


def prepare(config: Any) -> None:
    """Make application, kernel and shell in this process, up to where a fork completes them. No thread is started."""
    with scratch.folder() as folder:
        # Nobody's own configuration, and no file of the forks: each gets a folder of its own.
        before = os.environ.get("IPYTHONDIR")
        os.environ["IPYTHONDIR"] = str(folder)
        app = PipeApp.instance(config=config)
        app.initialize([])
        assert app.shell is not None
        app.shell.register_magic_function(_no_connection, magic_name="connect_info")
        os.environ.pop("IPYTHONDIR")
        if before is not None:
            os.environ["IPYTHONDIR"] = before


def _no_connection(line: str) -> None:
    print("This kernel has no sockets, so nothing else can connect to it; with --fresh it has.")


def serve_cells(handle: int) -> None:
    """Serve the worker at the other end of `handle` (a Unix socket); returns when the cells ask to exit."""
    guard.install()
    app = PipeApp.instance()
    app.complete(Pipe(handle))
    app.start()
