"""The file of `krepis run --tenants`: who the tenants of an application are, and what they may have.

    header = "x-tenant-key"
    [tenants.shop]
    hosts = ["shop.example"]
    rate = 100

With a `program`, each tenant is answered by an isolate of its own.
Keys that do not exist, values of a wrong type and tenants that no request can belong to are errors that name the line.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from krepis.server.config import ConfigError, Setting, check_table

TENANT: Final = (
    Setting("hosts", "strings", "[]", "Hosts, without their port, whose requests are its own."),
    Setting("prefixes", "strings", "[]", "Beginnings of paths, up to a slash; the longest of all tenants counts."),
    Setting("headers", "strings", "[]", "Values of the header that `header` names; they win over hosts and prefixes."),
    Setting("weight", "integer", "1", "Its share of the event loop when others wait too, up to 1000."),
    Setting("running", "integer", "100", "Requests that run at once."),
    Setting("queued", "integer", "1000", "Requests that wait for that; further ones get a 503.", minimum=0),
    Setting("rate", "integer", "none", "Requests let in per second; further ones get a 429."),
    Setting("burst", "integer", "`rate`", "How many at once, when there were none for a while."),
    Setting("connections", "integer", "none", "Connections open at once; requests of further ones get a 503."),
    Setting("program", "string", "that of all", "The module that answers, in an isolate of its own."),
    Setting("memory", "integer", "that of all", "MiB that its isolate may have."),
)
TOP: Final = (
    Setting("header", "string", "none", "The header whose values name tenants."),
    Setting("running", "integer", "256", "Requests of all tenants that run at once."),
    Setting("program", "string", "none", "The module that answers, for each tenant in an isolate of its own."),
    Setting("memory", "integer", "128", "MiB that an isolate may have."),
    Setting(
        "stall", "integer", "1000", "Milliseconds that its event loop may stand still; then an isolate is stopped."
    ),
)
_WEIGHT_MAX: Final = 1000
_SDK: Final = {"memory": "memoryMb", "stall": "stallMs"}
"""What the SDK calls it."""


def read_tenants(file: Path) -> dict[str, Any]:
    """The options of the SDK's `app.tenants()` that a file holds. Raises ConfigError."""
    try:
        text = file.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: {error}") from error
    tenants = document.pop("tenants", None)
    if not isinstance(tenants, dict) or not tenants:
        raise ConfigError(f"{file}: there are no tenants: write a table [tenants.NAME] for each")
    check_table(file, text, "", document, TOP)
    for name, tenant in tenants.items():
        where = f"tenants.{name}"
        if not isinstance(tenant, dict):
            raise ConfigError(f"{file}: {name} must be a table: [{where}]")
        check_table(file, text, where, tenant, TENANT)
        if not any(tenant.get(key) for key in ("hosts", "prefixes", "headers")):
            raise ConfigError(f"{file}: no request can be of [{where}]: give it hosts, prefixes or headers")
        if tenant.get("headers") and "header" not in document:
            raise ConfigError(f"{file}: [{where}] has headers, and there is no header to look for them in")
        if tenant.get("weight", 1) > _WEIGHT_MAX:
            raise ConfigError(f"{file}: the weight of [{where}] must be at most {_WEIGHT_MAX}")
        if "burst" in tenant and "rate" not in tenant:
            raise ConfigError(f"{file}: [{where}] has a burst without a rate")
    isolated = "program" in document
    if not isolated and any("program" in tenant for tenant in tenants.values()):
        lacking = next((name for name, tenant in tenants.items() if "program" not in tenant), None)
        if lacking is not None:
            raise ConfigError(f"{file}: [tenants.{lacking}] has no program, as others do; or give one for all")
        isolated = True
    options = [_options({"name": name, **tenant}, file, isolated) for name, tenant in tenants.items()]
    return {**_options(document, file, isolated), "tenants": options}


def _options(table: dict[str, Any], file: Path, isolated: bool) -> dict[str, Any]:
    """A table with the keys of the SDK, and the path of its program made absolute. Raises ConfigError."""
    renamed = {_SDK.get(key, key): value for key, value in table.items()}
    if not isolated and (without := next((key for key in ("memory", "stall") if key in table), None)):
        raise ConfigError(f"{file}: {without} is for isolates, and there is no program to run in one")
    if "program" in renamed:
        program = (file.parent / renamed["program"]).resolve()
        if not program.is_file():
            raise ConfigError(f"{file}: the program {renamed['program']} is no file")
        renamed["program"] = str(program)
    return renamed
