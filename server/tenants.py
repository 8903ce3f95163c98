"""The file of `krepis run --tenants`: who the tenants of an application are, and what they may have.

    header = "x-tenant-key"
    [tenants.shop]
    hosts = ["shop.example"]
    rate = 100

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
)
TOP: Final = (
    Setting("header", "string", "none", "The header whose values name tenants."),
    Setting("running", "integer", "256", "Requests of all tenants that run at once."),
)
_WEIGHT_MAX: Final = 1000


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
    return {**document, "tenants": [{"name": name, **tenant} for name, tenant in tenants.items()]}
