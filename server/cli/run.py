"""`krepis run`: a project on the kernel.

This module decides what to start; the process then becomes Node with `kernel_c/sdk/run/supervisor.ts`, which starts
the project's processes and starts them anew when a file changes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, NoReturn

import click
from krepis.kernel.node import Node, NodeError, addon, find_node, sdk
from krepis.server.config import ConfigError, Settings, find_settings
from krepis.server.project import Project, ProjectError, compiler, find_project, missing_packages
from krepis.server.tenants import read_tenants
from krepis.twin.report import visible

_FAILURE: Final = 3


def _inspector(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """A click callback: the value is optional, and must not be what was meant as PATH."""
    if value is not None and not re.fullmatch(r"(?:[^:/]*:)?\d+", value):
        raise click.BadParameter(f"{value!r} is not [HOST:]PORT; a path goes before the option")
    return value


# fmt: off
@click.command(short_help="Run a project on the kernel.")
@click.argument("path", default=".", metavar="[PATH]", type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), metavar="N",
              help="Listen there, whatever the program says; 0 takes a free one.  [default: what it says, or 3000]")
@click.option("--host", metavar="ADDRESS", help="Listen on this address.  [default: what it says, or 127.0.0.1]")
@click.option("--workers", type=click.IntRange(min=1), metavar="N",
              help="Processes that share the port.  [default: 1]")
@click.option("--reload/--no-reload", default=True, show_default=True,
              help="Start anew when a file that the program loaded changes.")
@click.option("--verify", is_flag=True,
              help="Start only what krepis verify finds nothing in, now and after each change.")
@click.option("--inspect", callback=_inspector, is_flag=False, flag_value="127.0.0.1:9229", metavar="[HOST:]PORT",
              help="Open Node's inspector in the first process, on 127.0.0.1:9229 unless given.")
@click.option("--tenants", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Who shares the application, and what each may have.")
@click.option("--tls-cert", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
              help="Connections are TLS: the certificate and its chain, in PEM. SIGHUP reads it anew.")
@click.option("--tls-key", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
              help="The private key of the certificate, in PEM.")
@click.option("--docs/--no-docs", default=True, show_default=True,
              help="Serve what krepis docs makes at /docs, with --reload, on a loopback address.")
@click.option("--log", type=click.Choice(["pretty", "json", "none"]), default="pretty", show_default=True,
              help="How answers are logged on stdout.")
@click.option("--install/--no-install", default=True, show_default=True,
              help="Install the packages that package.json names with npm, if there are none yet.")
def run(path: Path, install: bool, **options: Any) -> int:
    """Run a project on the kernel.

    PATH is an entry file or a folder; without it, the current folder. A folder's entry file is the setting entry, or
    main of package.json, or server, main, app or index in src, the folder itself or app.

    Node runs TypeScript as it is. A program that imports krepis runs on the kernel: it calls listen() on its
    application, or exports it as default. Any other program runs on Node's own HTTP server, which is said.

    Node is the one that KREPIS_NODE or the setting node names, or the first on PATH of version 24 or newer, or that of
    pip install 'krepis[run]'.

    \b
    krepis run
    krepis run src/server.ts --port 8080 --workers 2
    krepis run --verify

    Exit status: 0 the program ended well or was stopped; 1 --verify found something; 2 wrong usage or configuration;
    3 there is no Node, or the kernel's addon cannot be built; 4 the program failed.
    """
    try:
        settings = find_settings((path if path.is_dir() else path.parent).resolve())
        project = find_project(path.resolve(), settings.entry)
        missing = missing_packages(project.root)
        tenants = read_tenants(options["tenants"]) if options["tenants"] else None
        tls = _tls(options["tls_cert"] or settings.tls_cert, options["tls_key"] or settings.tls_key)
    except (ConfigError, ProjectError) as error:
        raise click.UsageError(visible(str(error)), click.get_current_context()) from error
    try:
        node = find_node(settings.node)
        native = addon(node)
        if missing:
            _install(node, project, missing, install)
    except NodeError as error:
        click.echo(visible(f"krepis: {error}"), err=True)
        return _FAILURE
    _become(node, native, project, _order(project, settings, path, {**options, "tenants": tenants, "tls": tls}))


def _tls(certificate: Path | None, key: Path | None) -> dict[str, str] | None:
    """The files as the SDK takes them, which looks into them; None without TLS. Raises ConfigError."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        missing = "tls-cert" if certificate is None else "tls-key"
        raise ConfigError(f"TLS needs a certificate and its private key, and {missing} is not given")
    return {"cert": str(certificate.absolute()), "key": str(key.absolute())}


def _install(node: Node, project: Project, missing: list[str], wanted: bool) -> None:
    """Install the packages of a project that has none. Raises NodeError, also when the project has some."""
    what = f"not installed in {project.root}: {', '.join(missing)}"
    if not wanted or node.npm is None or (project.root / "node_modules").exists():
        raise NodeError(f"{what}. Run npm install there.")
    locked = (project.root / "package-lock.json").is_file()
    arguments = ["ci", "--omit=dev"] if locked else ["install", "--no-package-lock", "--omit=dev"]
    click.echo(visible(f"krepis: {what}; running npm {' '.join(arguments)}"), err=True)
    command = [str(node.program), str(node.npm), *arguments, "--no-audit", "--no-fund", "--loglevel=error"]
    path = f"{node.program.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(command, cwd=project.root, stdout=2, env={**os.environ, "PATH": path})
    if done.returncode != 0:
        raise NodeError(f"npm ended with status {done.returncode}")


def _order(project: Project, settings: Settings, path: Path, options: dict[str, Any]) -> dict[str, Any]:
    """What the supervisor is asked for, as its `Order`; what is None is left out."""
    verify = [sys.executable, "-c", "from krepis.server.cli import main; main()", "verify", str(path.resolve())]
    docs = [sys.executable, "-c", "from krepis.server.cli import main; main()", "docs", "--json"]
    pages = {"command": docs, "root": str(project.root), "folder": str(project.root / ".krepis" / "docs")}
    order = {
        "entry": str(project.entry),
        "root": str(project.root),
        "workers": options["workers"] or settings.workers,
        "port": options["port"] if options["port"] is not None else settings.port,
        "address": options["host"] or settings.host,
        "reload": options["reload"],
        "inspect": options["inspect"],
        "verify": verify if options["verify"] else None,
        "docs": pages if options["docs"] and options["reload"] else None,
        "log": options["log"],
        "tenants": options["tenants"],
        "tls": options["tls"],
        "compiler": compiler(project.root),
        "color": sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
    }
    return {key: value for key, value in order.items() if value is not None}


def _become(node: Node, native: Path, project: Project, order: dict[str, Any]) -> NoReturn:
    os.chdir(project.root)
    supervisor = sdk() / "run" / "supervisor.ts"
    quiet = "--disable-warning=ExperimentalWarning"
    environment = {**os.environ, "KREPIS_ADDON": str(native)}
    os.execve(node.program, [str(node.program), quiet, str(supervisor), json.dumps(order)], environment)
