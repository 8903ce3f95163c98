"""What every command says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner
from krepis.server.cli.main import ALIASES, krepis

WITHOUT_JSON = {"completion", "lsp", "run"}
"""They print a shell's input, or serve."""


def commands(group: click.Group, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group) and not command.invoke_without_command:
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


@pytest.mark.parametrize("name", sorted(commands(krepis)))
def test_help_has_examples_and_exit_statuses(name: str) -> None:
    done = CliRunner().invoke(krepis, [*name.split(), "--help"], terminal_width=200)
    assert done.exit_code == 0
    assert re.search(rf"^ +.*krepis {name}\b", done.output.split("Options:")[0].split("\n", 2)[2], re.MULTILINE)
    assert re.search(r"Exit status: 0 .*2 wrong usage|Exit status: 0 .*; 1 ", " ".join(done.output.split()))
    assert ("--json" in done.output.split("Options:")[1]) == (name not in WITHOUT_JSON)


@pytest.mark.parametrize(("short", "name"), ALIASES.items())
def test_a_short_name_is_the_same_command(short: str, name: str) -> None:
    assert krepis.get_command(click.Context(krepis), short) is krepis.commands[name]
