"""krepis.toml: where it is found, what it may say, and what its errors say."""

from __future__ import annotations

from pathlib import Path

import pytest
from krepis.server.config import ConfigError, Settings, find_settings, read_settings


def settings(root: Path, text: str) -> Settings:
    (root / "krepis.toml").write_text(text, encoding="utf-8")
    return read_settings(root / "krepis.toml")


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    read = settings(
        tmp_path,
        """
        [verify]
        paths = ["src", "lib/a.ts"]
        exclude = ["*.test.ts"]
        javascript = true
        fail-on = "warning"
        max-states = 5
        time-limit = 2
        calls = 3
        jobs = 4
        baseline = "known.json"
        models = ["models"]
        cache = false

        [rules]
        lost-update = "warning"
        floating-promise = "off"
        """,
    )
    assert read == Settings(
        root=tmp_path,
        file=tmp_path / "krepis.toml",
        paths=(tmp_path / "src", tmp_path / "lib/a.ts"),
        exclude=("*.test.ts",),
        javascript=True,
        fail_on="warning",
        max_states=5,
        time_limit=2,
        calls=3,
        jobs=4,
        baseline=tmp_path / "known.json",
        models=(tmp_path / "models",),
        cache=False,
        rules={"lost-update": "warning", "floating-promise": "off"},
    )


def test_an_empty_file_means_defaults(tmp_path: Path) -> None:
    assert settings(tmp_path, "") == Settings(root=tmp_path, file=tmp_path / "krepis.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[verify]\nmax-state = 5", ":2: unknown key 'max-state' in [verify]; did you mean 'max-states'?"),
        ("[verify]\n\n'failon' = 'never'", ":3: unknown key 'failon' in [verify]; did you mean 'fail-on'?"),
        ("[verfy]\ncalls = 2", ":1: unknown key 'verfy'; did you mean 'verify'?"),
        ("max-states = 5\n[verify]", ":1: unknown key 'max-states'; known keys are verify, editor, ai, run, rules"),
        ("[verify]\nqqq = 1", ":2: unknown key 'qqq' in [verify]; known keys are paths, exclude"),
        (
            "[rules]\nlost-updates = 'off'",
            ":2: unknown key 'lost-updates' in [rules]; did you mean 'lost-update'?",
        ),
        ("[rules]\ndeadlock = 'no'", ":2: deadlock must be one of error, warning, info, hint, off"),
        ("[rules]\ndeadlock = true", ":2: deadlock must be one of"),
        ("verify = 3", ":1: verify must be a table: [verify]"),
        ("[verify]\nmax-states = 0", ":2: max-states must be a whole number of at least 1"),
        ("[verify]\nmax-states = true", ":2: max-states must be a whole number"),
        ("[verify]\nmax-states = '5'", ":2: max-states must be a whole number"),
        ("[verify]\ntime-limit = 0", ":2: time-limit must be a number above 0"),
        ("[verify]\ntime-limit = inf", ":2: time-limit must be a number above 0"),
        ("[verify]\ntime-limit = nan", ":2: time-limit must be a number above 0"),
        ("[verify]\ncalls = 4", ":2: calls must be one of 2, 3"),
        ("[verify]\ncalls = true", ":2: calls must be one of 2, 3"),
        ("[verify]\nfail-on = 'info'", ":2: fail-on must be one of error, warning, never"),
        ("[verify]\nfail-on = ['error']", ":2: fail-on must be one of error, warning, never"),
        ("[verify]\npaths = 'src'", ":2: paths must be a list of strings"),
        ("[verify]\npaths = [1]", ":2: paths must be a list of strings"),
        ("[verify]\nbaseline = ''", ":2: baseline must be a string"),
        ("[verify]\ncache = 'no'", ":2: cache must be true or false"),
        ("[verify\n", "krepis.toml: Expected ']'"),
    ],
)
def test_mistakes_are_named_with_line_and_remedy(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        settings(tmp_path, text)
    assert f"{tmp_path}/krepis.toml" in str(error.value)
    assert message in str(error.value)


def test_a_file_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "krepis.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="utf-8"):
        read_settings(tmp_path / "krepis.toml")
    with pytest.raises(ConfigError, match="No such file"):
        read_settings(tmp_path / "nope.toml")


def test_settings_are_found_upwards_within_the_repository(tmp_path: Path) -> None:
    inner = tmp_path / "repo" / "packages" / "a"
    inner.mkdir(parents=True)
    (tmp_path / "krepis.toml").write_text("[verify]\ncalls = 3")
    assert find_settings(inner) == Settings(root=inner)
    (tmp_path / "repo" / ".git").mkdir()
    assert find_settings(inner) == Settings(root=inner)
    (tmp_path / "repo" / "krepis.toml").write_text("[verify]\njobs = 2")
    assert (find_settings(inner).root, find_settings(inner).jobs) == (tmp_path / "repo", 2)


def test_without_settings_the_root_is_the_nearest_package(tmp_path: Path) -> None:
    inner = tmp_path / "packages" / "a" / "src"
    inner.mkdir(parents=True)
    (tmp_path / "package.json").write_text("{}")
    assert find_settings(inner).root == inner
    (tmp_path / ".git").mkdir()
    assert find_settings(inner).root == tmp_path
    (tmp_path / "packages" / "a" / "package.json").write_text("{}")
    assert find_settings(inner).root == tmp_path / "packages" / "a"
