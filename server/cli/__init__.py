"""The command line: `krepis`, one module per command.

This package's face owns what all commands share: how errors become exit statuses, and that stdout carries
only what a command was asked for. Exit statuses: 0 success, 1 findings, 2 wrong usage or configuration, 3
Krepis itself failed, 130 interrupted.
"""

from krepis.server.cli.main import krepis, main, run

__all__ = ["krepis", "main", "run"]
