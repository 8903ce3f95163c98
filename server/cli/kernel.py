"""`krepis verify --kernel`: the kernel's own sources under the Twin."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import click
from krepis.twin import native

_FINDING = 1


def verify_kernel(extent: native.Extent, schedule: str | None) -> int:
    """Explore the fixed set, or run one schedule again. The exit status: 0 all holds, 1 a finding, 3 not complete."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        try:
            program = native.build(Path(folder) / "native")
            if schedule:
                again = native.replay(program, schedule)
                click.echo(again.line)
                return _FINDING if again.finding else 0
            states, findings, complete = 0, 0, True
            for outcome in native.outcomes(program, extent, min(2, os.cpu_count() or 1)):
                click.echo(outcome.line)
                states += outcome.states
                complete = complete and (outcome.complete or outcome.finding is not None)
                if outcome.finding:
                    findings += 1
                    click.echo(f"  again: krepis verify --kernel {extent} --replay {outcome.schedule}")
        except native.NativeError as error:
            raise click.UsageError(str(error)) from error
    click.echo(f"{states:,} states, {findings} findings, {time.monotonic() - start:.0f} s")
    return _FINDING if findings else 0 if complete else 3
