"""The version of Krepis that is installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def installed_version() -> str:
    """As the package says, or `0.0.0` for a source tree that is not installed."""
    try:
        return version("krepis")
    except PackageNotFoundError:
        return "0.0.0"
