"""`krepis completion`: what a shell needs to complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_SHELLS = ("bash", "zsh", "fish")


@click.command(short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that lets a shell complete commands, options and their values.

    \b
    bash    echo 'eval "$(krepis completion bash)"' >> ~/.bashrc
    zsh     echo 'eval "$(krepis completion zsh)"' >> ~/.zshrc
    fish    krepis completion fish > ~/.config/fish/completions/krepis.fish

    Exit status: 0 printed; 2 wrong usage.
    """
    chosen = get_completion_class(shell)
    assert chosen is not None, "click knows these three"
    click.echo(chosen(context.find_root().command, {}, "krepis", "_KREPIS_COMPLETE").source())
