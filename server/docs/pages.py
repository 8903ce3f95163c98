"""The Markdown and the site of an OpenAPI document.

The site is one file that loads nothing: it can be opened from a disk, and sent by `krepis run`. Requests can be tried
out where the page comes from the server that it describes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from krepis.server.docs.client import type_of
from krepis.server.docs.openapi import SOURCE, VERIFICATION, Document
from krepis.server.docs.reader import Schema
from krepis.server.store.drawing import PICTURE_STYLE
from markupsafe import Markup

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
_UNKNOWN: Final[Mapping[str, Any]] = {"status": "", "states": None, "traces": None, "findings": ()}
_DEPTH_MAX: Final = 5  # of examples
_SAMPLES: Final = {"date-time": "2026-01-31T12:00:00Z", "uuid": "00000000-0000-4000-8000-000000000000",
                   "email": "someone@example.com"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an operation besides the document: its graph as an SVG element, and what it changes."""

    graph: str = ""
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    """A property of a body, or a parameter."""

    name: str
    type: str
    needed: bool
    rules: str
    text: str


def markdown(document: Document) -> str:
    """The reference as Markdown."""
    return _environment(autoescape=False).get_template("reference.md.jinja").render(_context(document, {}))


def site(document: Document, facts: Mapping[str, Facts], version: str) -> str:
    """The page; `facts` are by the name of the operation, `version` is Krepis's."""
    script = (TEMPLATES / "site.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = {
        "version": version,
        "css": Markup((TEMPLATES / "site.css").read_text(encoding="utf-8") + PICTURE_STYLE),
        "script": Markup(script),
        "script_hash": f"sha256-{digest}",
        "openapi": base64.b64encode(json.dumps(document, indent=2).encode()).decode(),
    }
    return _environment(autoescape=True).get_template("site.html.jinja").render(_context(document, facts) | parts)


def _environment(*, autoescape: bool) -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        autoescape=autoescape, keep_trailing_newline=True,
    )  # fmt: skip


def _context(document: Document, facts: Mapping[str, Facts]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            own = _shown(path, method, operation, schemas, facts.get(operation["operationId"], Facts()))
            groups.setdefault(operation["tags"][0], []).append(own)
    everything = [one for members in groups.values() for one in members]
    return {
        "info": document["info"],
        "groups": groups,
        "operations": everything,
        "schemas": {name: (rows_of(schema, schemas), type_of(schema)) for name, schema in schemas.items()},
        "texts": {name: schema.get("description", "") for name, schema in schemas.items()},
        "counts": {
            status: sum(one["verification"]["status"] == status for one in everything)
            for status in ("verified", "bounded", "failed")
        },
        "states": sorted({change for one in everything for change in one["changes"]}),
    }


def _shown(path: str, method: str, operation: Document, schemas: Mapping[str, Schema], facts: Facts) -> dict[str, Any]:
    """An operation as the templates show it."""
    parameters = [
        (place, [_row(one["name"], one["schema"], one["required"]) for one in own])
        for place in ("path", "query", "header")
        if (own := [one for one in operation.get("parameters", ()) if one["in"] == place])
    ]
    body = None
    if sent := operation.get("requestBody"):
        media, content = next(iter(sent["content"].items()))
        schema = content["schema"]
        sample = json.dumps(example(schema, schemas), indent=2) if media == "application/json" else ""
        body = {"media": media, "type": type_of(schema), "rows": rows_of(schema, schemas), "example": sample}
    responses = [
        {
            "status": status,
            "text": response["description"],
            "content": [(media, type_of(one["schema"]), rows_of(one["schema"], schemas)) for media, one in
                        response.get("content", {}).items()],
            "headers": list(response.get("headers", {})),
        }
        for status, response in operation["responses"].items()
    ]  # fmt: skip
    return {
        "id": operation["operationId"],
        "method": "ws" if "101" in operation["responses"] else method,
        "path": path,
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "deprecated": operation.get("deprecated", False),
        "source": operation[SOURCE],
        "verification": operation.get(VERIFICATION, _UNKNOWN),
        "parameters": parameters,
        "body": body,
        "responses": responses,
        "graph": Markup(facts.graph),
        "changes": facts.changes,
    }


def rows_of(schema: Schema, schemas: Mapping[str, Schema]) -> list[_Row]:
    """The properties of an object, a named one's too; nothing for anything else."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[-1]]
    needed = schema.get("required", ())
    return [_row(name, own, name in needed) for name, own in schema.get("properties", {}).items()]


def _row(name: str, schema: Schema, needed: bool) -> _Row:
    shown = (("minimum", "≥ {}"), ("maximum", "≤ {}"), ("minLength", "length ≥ {}"), ("maxLength", "length ≤ {}"),
             ("minItems", "items ≥ {}"), ("maxItems", "items ≤ {}"), ("format", "{}"), ("pattern", "/{}/"))  # fmt: skip
    safe = {"minimum": -(2**53) + 1, "maximum": 2**53 - 1}  # says nothing
    rules = [text.format(schema[key]) for key, text in shown if key in schema and schema[key] != safe.get(key)]
    kind = "integer" if schema.get("type") == "integer" else type_of(schema)
    return _Row(name, kind, needed, ", ".join(rules), schema.get("description", ""))


def example(schema: Schema, schemas: Mapping[str, Schema], depth: int = 0) -> Any:
    """A value that a schema lets through, patterns aside."""
    if depth > _DEPTH_MAX:
        return None
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas, depth + 1)
    for key in ("const", "enum", "anyOf"):
        if key in schema:
            first = schema[key] if key == "const" else schema[key][0]
            return example(first, schemas, depth + 1) if key == "anyOf" else first
    kind = schema.get("type")
    if kind == "object":
        return {name: example(own, schemas, depth + 1) for name, own in schema.get("properties", {}).items()}
    if kind == "array":
        items: Sequence[Schema] = schema.get("prefixItems") or [schema.get("items") or {}]
        return [example(one, schemas, depth + 1) for one in items]
    if kind == "string":
        text = _SAMPLES.get(schema.get("format", ""), "text")
        return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", len(text) + 64)]
    if kind in ("integer", "number"):
        return max(1, schema.get("minimum", 1))
    return True if kind == "boolean" else None
