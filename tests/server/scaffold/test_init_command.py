"""`krepis init` and `krepis sdk` as a user runs them: what is written, what is refused, and that nothing is lost."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from krepis.kernel.node import find_node
from krepis.server.scaffold.catalogue import ScaffoldError, package_name
from krepis.server.scaffold.files import FilesError, planned, write
from krepis.server.scaffold.sdk import package
from workshop import Workshop

COMMAND = [sys.executable, "-c", "from krepis.server.cli import main; main()"]


def krepis(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def tree(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_project_is_installed_offline_and_passes_its_tests_with_plain_node(
    workshop: Workshop, tmp_path: Path
) -> None:
    # The workshop has installed the same packages, so they are in npm's cache.
    done = krepis("init", "My Shop!", "--template", "rest", "--offline", "--yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "My Shop!"
    assert json.loads((folder / "package.json").read_text())["name"] == "my-shop"
    assert (folder / "package-lock.json").is_file()
    assert workshop.run("--test", "test/**/*.test.ts", cwd=folder).returncode == 0
    assert workshop.run("node_modules/typescript/bin/tsc", "--noEmit", cwd=folder).stdout == ""
    assert "No findings." in krepis("verify", cwd=folder).stdout


def test_nothing_is_overwritten_and_with_force_nothing_is_lost(tmp_path: Path) -> None:
    first = krepis("init", "shop", "--yes", "--no-install", cwd=tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    assert "    create  src/app.ts" in first.stdout
    made = tree(tmp_path)
    again = krepis("init", "shop", "--yes", "--no-install", cwd=tmp_path)
    assert again.returncode == 0 and tree(tmp_path) == made
    assert {line.split()[0] for line in again.stdout.split("\n\n")[0].splitlines()} == {"identical"}

    (tmp_path / "shop/src/app.ts").write_text("export const mine = 1;\n")
    (tmp_path / "shop/README.md").unlink()
    before = tree(tmp_path)
    refused = krepis("init", "shop", "--yes", "--no-install", cwd=tmp_path)
    assert refused.returncode == 1 and tree(tmp_path) == before
    assert "  conflict  src/app.ts" in refused.stdout and "    create  README.md" in refused.stdout
    assert "-export const mine = 1;" in refused.stderr and "nothing was written" in refused.stderr

    forced = krepis("init", "shop", "--yes", "--no-install", "--force", cwd=tmp_path)
    assert forced.returncode == 0 and "   replace  src/app.ts" in forced.stdout
    assert tree(tmp_path) == {**made, "shop/src/app.ts.orig": b"export const mine = 1;\n"}


def test_a_dry_run_writes_nothing_and_json_says_what_would_be(tmp_path: Path) -> None:
    done = krepis("init", "shop", "--template", "rest", "--dry-run", "--json", cwd=tmp_path)
    said = json.loads(done.stdout)
    assert (done.returncode, said["written"], said["template"]) == (0, False, "rest")
    assert {"path": "vendor/krepis.tgz", "action": "create"} in said["files"]
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("init",), "NAME is missing"),
        (("init", "shop", "--template", "rast"), "no template 'rast'"),
        (("init", "…"), "cannot be the name of a package"),
        (("init", "taken"), "not a folder of the project"),
        (("sdk", "nowhere"), "does not exist"),
    ],
)
def test_a_mistake_is_told_without_a_trace(tmp_path: Path, arguments: tuple[str, ...], what: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/src").symlink_to(tmp_path / "elsewhere")
    done = krepis(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and what in done.stderr and "Traceback" not in done.stderr
    assert not any((tmp_path / "elsewhere").iterdir())


def test_the_sdk_s_package_is_the_same_each_time_and_complete(tmp_path: Path) -> None:
    node = find_node()
    archive = package(node)
    assert archive == package(node)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        names = set(tar.getnames())
        index = tar.extractfile("package/dist/index.js")
        assert index is not None and b".ts'" not in index.read()
    assert {"package/package.json", "package/build/krepis.node", "package/dist/index.d.ts"} <= names
    assert {name for name in names if name.endswith(".js")} == {
        name.removesuffix(".d.ts") + ".js" for name in names if name.endswith(".d.ts")
    }


@given(st.text(max_size=300))
def test_a_package_s_name_is_one_that_npm_takes_or_an_error(folder: str) -> None:
    try:
        name = package_name(folder)
    except ScaffoldError:
        return
    assert 0 < len(name) <= 214 and name[0] not in "._" and set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-._")


@pytest.mark.parametrize("path", ["../out", "/etc/out", "a/../../out", ""])
def test_files_stay_within_the_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(FilesError):
        planned(tmp_path, {path: b""})


def test_old_versions_are_all_kept(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0")
    for text in (b"1", b"2"):
        write(tmp_path, planned(tmp_path, {"a": text}))
    assert tree(tmp_path) == {"a": b"2", "a.orig": b"0", "a.orig1": b"1"}
