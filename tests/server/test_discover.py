"""Which files a path means, on real folders."""

from __future__ import annotations

import os
import random
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from krepis.server.discover import JAVASCRIPT, MAX_FILE_BYTES, TYPESCRIPT, DiscoveryError, Seen, Selection, discover


def tree(root: Path, *files: str) -> None:
    """Make files; `name: content` gives a content."""
    for entry in files:
        name, _, content = entry.partition(": ")
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content.replace("|", "\n"), encoding="utf-8")


def found(root: Path, *paths: str, **selection: tuple[str, ...]) -> list[str]:
    return [file.path for file in discover(paths or (".",), root, Selection(root, **selection)).files]


def test_folders_give_typescript_and_skip_what_is_not_source(tmp_path: Path) -> None:
    tree(
        tmp_path, "b.ts", "a.tsx", "c.mts", "d.cts", "x.js", "x.d.ts", "x.d.mts", "README.md",
        "node_modules/m/i.ts", "dist/o.ts", "src/dist/o.ts", "src/z.ts", "src/node_modules/m/i.ts",
        ".git/h.ts", ".hidden/y.ts",
    )  # fmt: skip
    assert found(tmp_path) == [".hidden/y.ts", "a.tsx", "b.ts", "c.mts", "d.cts", "src/z.ts"]


def test_named_files_are_taken_whatever_they_are_called_or_lie_in(tmp_path: Path) -> None:
    tree(tmp_path, "a.js", "types.d.ts", "dist/o.ts", "i.ts", ".gitignore: i.ts")
    assert found(tmp_path, "a.js", "types.d.ts", "dist/o.ts", "i.ts") == [
        "a.js",
        "dist/o.ts",
        "i.ts",
        "types.d.ts",
    ]


def test_javascript_is_found_when_asked_for(tmp_path: Path) -> None:
    tree(tmp_path, "a.js", "b.jsx", "c.mjs", "d.cjs", "e.ts")
    assert len(found(tmp_path, suffixes=TYPESCRIPT + JAVASCRIPT)) == 5


def test_gitignore_files_nest_and_the_deepest_decides(tmp_path: Path) -> None:
    tree(
        tmp_path, ".gitignore: *.gen.ts|/top.ts|build/", "top.ts", "a.gen.ts", "src/top.ts", "src/b.gen.ts",
        "src/.gitignore: !b.gen.ts", "src/build/c.ts", "src/keep/d.gen.ts",
    )  # fmt: skip
    assert found(tmp_path) == ["src/b.gen.ts", "src/top.ts"]


def test_ignore_files_above_the_folder_count_within_the_repository(tmp_path: Path) -> None:
    tree(
        tmp_path,
        ".gitignore: outer.ts",
        "repo/.gitignore: inner.ts",
        "repo/src/inner.ts",
        "repo/src/outer.ts",
    )
    (tmp_path / "repo" / ".git").mkdir()
    assert found(tmp_path / "repo" / "src") == ["outer.ts"]


def test_an_ignored_folder_that_is_named_is_walked(tmp_path: Path) -> None:
    tree(tmp_path, ".gitignore: generated/", "generated/a.ts", "generated/node_modules/b.ts")
    (tmp_path / ".git").mkdir()
    assert found(tmp_path, "generated") == ["generated/a.ts"]
    assert found(tmp_path, "generated", "generated/a.ts") == ["generated/a.ts"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["*.ts", "!a.ts", "/a.ts", "s/", "s/a.ts", "**/t/*.ts", "!s/t/", "b.*", "!b.ts", "# c", ""]),
        max_size=4,
    ),
    st.lists(st.sampled_from(["!a.ts", "a.ts", "/t", "t/", "!*.ts"]), max_size=2),
)
def test_ignoring_agrees_with_git(tmp_path_factory: pytest.TempPathFactory, top: list[str], nested: list[str]) -> None:
    root = tmp_path_factory.mktemp("repo")
    tree(root, *(f"{folder}{name}.ts" for folder in ("", "s/", "s/t/", "u/") for name in "ab"))
    tree(root, f".gitignore: {'|'.join(top)}", f"s/.gitignore: {'|'.join(nested)}")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    listed = subprocess.run(
        ["git", "-c", "core.excludesFile=", "ls-files", "-oc", "--exclude-standard", "*.ts"],
        cwd=root, check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    try:
        ours = found(root)
    except DiscoveryError:
        ours = []
    assert ours == sorted(listed)


def test_exclude_is_relative_to_the_root(tmp_path: Path) -> None:
    tree(tmp_path, "src/a.ts", "src/a.test.ts", "other/src/b.ts", "fixtures/c.ts")
    assert found(tmp_path, exclude=("*.test.ts", "/fixtures/")) == ["other/src/b.ts", "src/a.ts"]


def test_symbolic_links_are_followed_once(tmp_path: Path) -> None:
    tree(tmp_path, "src/a.ts")
    (tmp_path / "src" / "loop").symlink_to(tmp_path / "src")
    (tmp_path / "link").symlink_to(tmp_path / "src")
    (tmp_path / "src" / "self.ts").symlink_to(tmp_path / "src" / "self.ts")
    (tmp_path / "src" / "again.ts").symlink_to(tmp_path / "src" / "a.ts")
    result = discover([".", "src"], tmp_path, Selection(tmp_path))
    assert len(result.files) == 1
    assert [note.file.rpartition("/")[2] for note in result.notes] == ["self.ts"] * len(result.notes)


def test_what_cannot_be_verified_becomes_a_note(tmp_path: Path) -> None:
    tree(tmp_path, "ok.ts", "empty.ts")
    (tmp_path / "video.ts").write_bytes(b"G@\0\x11" * 64)
    (tmp_path / "wide.ts").write_bytes("export const a = 1;".encode("utf-16"))
    (tmp_path / "large.ts").write_bytes(b" " * (MAX_FILE_BYTES + 1))
    result = discover(["."], tmp_path, Selection(tmp_path))
    assert [file.path for file in result.files] == ["empty.ts", "ok.ts"]
    assert [(note.file, note.kind, note.message) for note in result.notes] == [
        ("large.ts", "skipped", "File is larger than 2 MiB (2,097,153 bytes)."),
        ("video.ts", "skipped", "File is binary."),
        ("wide.ts", "skipped", "File is encoded in UTF-16; TypeScript sources are UTF-8."),
    ]


def test_paths_are_shown_from_the_current_folder(tmp_path: Path) -> None:
    tree(tmp_path, "a/x.ts", "b/y.ts")
    files = discover(["../b", str(tmp_path / "a")], tmp_path / "a", Selection(tmp_path)).files
    assert [file.path for file in files] == ["../b/y.ts", "x.ts"]
    assert [file.absolute for file in files] == [tmp_path / "b" / "y.ts", tmp_path / "a" / "x.ts"]


def test_names_that_are_not_unicode_survive(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.ts")).write_text("")
    assert found(tmp_path) == ["caf\udce9.ts"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nope", "no such file or folder: 'nope'"),
        ("nope/*.ts", "no such file or folder: 'nope/*.ts'"),
        ("notes.md", "'notes.md' is neither TypeScript nor JavaScript"),
        ("docs", "no TypeScript to verify in 'docs': looked for *.ts *.tsx *.mts *.cts"),
        ("x" * 5000, "cannot read"),
        ("a\0b", "a\\x00b"),
        ("pipe.ts", "'pipe.ts' is neither a file nor a folder"),
    ],
)
def test_wrong_paths_are_errors_that_say_why(tmp_path: Path, path: str, message: str) -> None:
    tree(tmp_path, "notes.md", "docs/a.md", "ok.ts")
    os.mkfifo(tmp_path / "pipe.ts")
    with pytest.raises(DiscoveryError) as error:
        discover(["ok.ts", path] if path != "docs" else [path], tmp_path, Selection(tmp_path))
    assert message in str(error.value)


def test_a_folder_with_only_unusable_files_names_them(tmp_path: Path) -> None:
    (tmp_path / "video.ts").write_bytes(b"\0")
    with pytest.raises(DiscoveryError, match=r"skipped video\.ts: File is binary"):
        discover(["."], tmp_path, Selection(tmp_path))


def test_very_deep_folders_are_walked(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(400):
        folder = folder / "d"
    folder.mkdir(parents=True)
    (folder / "a.ts").write_text("")
    assert found(tmp_path) == ["d/" * 400 + "a.ts"]


def test_a_discovery_that_has_seen_the_folder_finds_what_a_fresh_one_finds(tmp_path: Path) -> None:
    chance = random.Random(11)
    places = [tmp_path, tmp_path / "src", tmp_path / "src" / "deep", tmp_path / "lib"]
    names = ["a.ts", "b.ts", "c.d.ts", "d.js"]
    seen, selection, found = Seen(), Selection(tmp_path, exclude=("lib/b.ts",)), set()
    for place in places:
        place.mkdir(exist_ok=True)
    for n in range(60):
        place = chance.choice(places)
        match chance.choice((0, 1, 1, 2, 3, 3, 3, 4)):
            case 0:
                (place / ".gitignore").write_text("\n".join(chance.sample([*names, "deep", "!a.ts"], 2)) + n * "\n")
            case 1:
                (place / ".gitignore").unlink(missing_ok=True)
            case 2:
                (place / chance.choice(names)).unlink(missing_ok=True)
            case 3:
                (place / chance.choice(names)).write_bytes(chance.choice((b"let a = 1", b"\0", b"\xff\xfe")))
            case 4 if not (place / "link.ts").is_symlink():
                (place / "link.ts").symlink_to(tmp_path / "a.ts")
        for folder in places:  # long ago, as far as time stamps can tell, and never the same
            stamp = os.stat(folder).st_mtime_ns
            os.utime(folder, ns=(stamp, stamp - 10**10 if stamp > time.time_ns() - 5 * 10**9 else stamp))
        try:
            fresh = discover(["."], tmp_path, selection)
        except DiscoveryError:
            continue
        again = discover(["."], tmp_path, selection, seen)
        assert again == fresh
        assert [f.stamp for f in again.files] == [f.stamp for f in fresh.files]
        found.add(len(again.files))
    assert len(found) > 2
    assert seen.taken
