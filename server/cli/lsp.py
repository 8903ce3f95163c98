"""`krepis lsp`: the language server, over stdin and stdout or TCP."""

from __future__ import annotations

import click

LOOPBACK = "127.0.0.1"


@click.command(short_help="Run the language server, for editors.")
@click.option(
    "--tcp", metavar="[HOST:]PORT", help=f"Serve one client over TCP instead of stdio.  [default host: {LOOPBACK}]"
)
def lsp(tcp: str | None) -> int:
    """Run the language server.

    Editors start it and talk to it over stdin and stdout. With --tcp it serves the first client that connects;
    whoever can connect can read files, so name another host than the loopback only on purpose.

    \b
    krepis lsp
    krepis lsp --tcp 7777

    Exit status: 0 the client said shutdown, then exit; 1 exit alone; 2 wrong usage, or the port cannot be had.
    """
    from krepis.server.lsp._process import start

    worker = start() if tcp is None else None  # while this process imports, that one does
    from krepis.server.lsp.server import run_stdio, run_tcp  # slow to import

    try:
        return run_stdio(worker) if tcp is None else run_tcp(*_address(tcp))
    except OSError as error:
        where = f"listen on {tcp}" if tcp is not None else "talk over stdin and stdout, which an editor connects"
        raise click.UsageError(f"cannot {where}: {error}") from error


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise click.BadParameter(f"{text!r} is not [HOST:]PORT", param_hint="'--tcp'")
    return host.strip("[]") or LOOPBACK, int(port)
