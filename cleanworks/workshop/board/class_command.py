"""The command `class serve`."""

from __future__ import annotations

import contextlib
import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import ssl

app_class = typer.Typer(help="Serve a class from this laptop, and see who is stuck.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(app_class, name="class")


# With one command alone, Typer would leave its name out.
@app_class.callback()
def _class() -> None: ...


@app_class.command("serve")
def serve(
    workshop: Annotated[str, typer.Argument(help="A built workshop: its name, or its folder.")],
    folder: Annotated[Path, typer.Option("--folder", help="Where `workshop build` put it.")] = Path(
        "_build/workshops"
    ),
    port: Annotated[
        int,
        typer.Option("--port", min=1, max=65535, help="The port: the number after the colon in the address."),
    ] = 8899,
    host: Annotated[
        str,
        typer.Option("--host", help="Serve only at this address of the laptop; at all of them if not given."),
    ] = "",
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="For https: a certificate (PEM) with its chain.")
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", help="The certificate's private key (PEM).")] = None,
) -> None:
    """Serve a workshop to the browsers of a room.

    The room gets the book and the kit, the instructor a board. Learners open the address that is printed, draw a name, and choose whether the outcome of each check is shown to the
    instructor. The board has a secret link. What happens is kept in a file beside the workshop, so that the class goes on
    after a restart; the board saves one file for `cleanworks workshop evaluate`. End it with Ctrl+C.
    """
    from cleanworks.workshop.board import class_server
    from cleanworks.workshop.board.room import Room
    from cleanworks.workshop.board.room_journal import Journal

    _allow_connections()
    tls = _tls(certificate, key)
    built = class_server.Built.find(workshop, folder)
    sockets = class_server.bound(host, port)
    journal = Journal(built.journal)
    room = Room(built.outline, journal)
    if journal.unread:
        print(f"{journal.unread} lines of {built.journal.as_posix()} could not be read and are passed over.")
    scheme = "https" if tls else "http"
    found = [host] if host else _own_addresses()
    addresses = tuple(f"{scheme}://{_named(one)}:{port}/" for one in found or ["127.0.0.1"])
    app = class_server.application(built, room, addresses)

    def ready() -> None:
        print(f"{built.outline.title}\n")
        print("The room opens:   " + "\n             or   ".join(addresses))
        print(
            f"Your board, which nobody else should see:\n                  {addresses[0]}board/{room.secret}/"
        )
        if not found:
            print(
                "This laptop is in no network: only its own browser reaches the class. Switch on a hotspot, and start again."
            )
        _print_qr(addresses[0])
        print(
            f"\nWhat happens is kept in {built.journal.as_posix()}. Ctrl+C ends the class; it can be started again.",
            flush=True,  # somebody may read it from a file
        )

    try:
        class_server.run(app, sockets, tls, ready)
    except KeyboardInterrupt:
        print("\nThe class has ended.")
    finally:
        journal.close()


_CONNECTIONS = 4096


def _allow_connections() -> None:
    """A browser opens up to six connections, a room of sixty 360, and macOS lets a program have 256 files at once."""
    try:
        import resource
    except ImportError:  # Windows counts sockets in another way
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _CONNECTIONS if hard == resource.RLIM_INFINITY else min(_CONNECTIONS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    import ssl

    from cleanworks.errors import InputError

    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise InputError(
            "An encrypted page needs both files.", fix="Name --certificate and --key, or neither."
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise InputError(
            f"The certificate and its key cannot be used: {error.strerror or error}.",
            where=str(certificate),
            fix="Name two files in PEM form that belong together.",
        ) from None
    return context


def _own_addresses() -> list[str]:
    """Addresses of this laptop that a room can reach, those of private networks first."""
    import socket

    import psutil

    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    found = [
        ipaddress.ip_address(one.address)
        for name, listed in psutil.net_if_addrs().items()
        if name in up
        for one in listed
        if one.family == socket.AF_INET
    ]
    usable = [one for one in found if not (one.is_loopback or one.is_link_local)]
    return [str(one) for one in sorted(usable, key=lambda one: not one.is_private)]


def _named(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _print_qr(address: str) -> None:
    """The address as a picture for phones."""
    import segno

    segno.make(address, error="m").terminal(compact=True)
