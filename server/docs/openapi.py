"""The OpenAPI 3.1 document of an application (https://spec.openapis.org/oas/v3.1.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from krepis.server.docs.reader import Answer, Api, Route, Schema
from krepis.server.lsp.status import EntryStatus

Document = dict[str, Any]
VERIFICATION: Final = "x-krepis-verification"
SOURCE: Final = "x-krepis-source"
_IN_PATH: Final = re.compile(r"[:*]([A-Za-z_$][\w$]*)")
_OF_OPENAPI: Final = frozenset({"accept", "content-type", "authorization"})  # are no parameters there
_PHRASES: Final = {str(int(status)): status.phrase for status in HTTPStatus}


def document(api: Api, title: str, version: str, entries: Mapping[tuple[str, int], EntryStatus]) -> Document:
    """The document; `entries` are verdicts by file and line of a route. The first of equal routes counts."""
    paths: dict[str, Document] = {}
    names: set[str] = set()
    for route in api.routes:
        operations = paths.setdefault(_IN_PATH.sub(r"{\1}", route.path), {})
        if route.method not in operations:
            operations[route.method] = _operation(route, _name(route, names), entries.get((route.file, route.line)))
    return {
        "openapi": "3.1.1",
        "info": {"title": title, "version": version},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(sorted(api.components.items()))},
    }


def _name(route: Route, taken: set[str]) -> str:
    """`getTasksById` for GET /tasks/:id, with a number when there is one of that name."""
    parts = [part for part in re.split(r"[^A-Za-z0-9:*]+", route.path) if part]
    words = [f"By{part[1:2].upper()}{part[2:]}" if part[0] in ":*" else part[:1].upper() + part[1:] for part in parts]
    wanted = route.method + ("".join(re.sub(r"[:*]", "", word) for word in words) or "Root")
    name = wanted
    for count in range(2, len(taken) + 3):
        if name not in taken:
            break
        name = f"{wanted}{count}"
    taken.add(name)
    return name


def _operation(route: Route, name: str, entry: EntryStatus | None) -> Document:
    first = next((part for part in route.path.split("/") if part and part[0] not in ":*"), "root")
    made: Document = {"operationId": name, "tags": list(route.tags) or [first]}
    if route.summary:
        made["summary"] = route.summary
    if route.description:
        made["description"] = route.description
    if route.deprecated:
        made["deprecated"] = True
    if parameters := _parameters(route):
        made["parameters"] = parameters
    if route.body is not None:
        made["requestBody"] = {"required": True, "content": {route.body_media: {"schema": route.body}}}
    made["responses"] = _responses(route)
    made[SOURCE] = f"{route.file}:{route.line}"
    if entry is not None:
        made[VERIFICATION] = verification(entry)
    return made


def verification(entry: EntryStatus) -> Document:
    """A verdict for machines."""
    findings = [
        {key: getattr(finding, key) for key in ("rule", "file", "line", "message")} for finding in entry.findings
    ]
    return {"status": entry.verdict, "states": entry.states, "traces": entry.traces, "findings": findings}


def _parameters(route: Route) -> list[Document]:
    made: list[Document] = [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name in _IN_PATH.findall(route.path)
        for schema in (route.parameters.get(name, {"type": "string"}),)
    ]
    query = route.query or {}
    needed = query.get("required", ())
    for name, schema in query.get("properties", {}).items():
        made.append({"name": name, "in": "query", "required": name in needed, "schema": schema})
    names = dict.fromkeys(header.lower() for header in route.headers)
    for name in names:
        if name not in _OF_OPENAPI:
            made.append({"name": name, "in": "header", "required": False, "schema": {"type": "string"}})
    for one in made:
        if text := one["schema"].get("description"):
            one["description"] = text
    return made


def _responses(route: Route) -> Document:
    answers = {answer.status: _response(answer) for answer in route.answers}
    if route.framework == "krepis" and route.body is not None:
        answers.setdefault("413", {"description": _PHRASES["413"]})  # of the kernel, for a body above `bodyBytesMax`
    return dict(sorted(answers.items()))


def _response(answer: Answer) -> Document:
    phrase = _PHRASES.get(answer.status, "Any other answer")
    made: Document = {"description": "; ".join(answer.texts) or phrase}
    if answer.headers:
        made["headers"] = {name: {"schema": {"type": "string"}} for name in answer.headers}
    if answer.content:
        made["content"] = {media: {"schema": _any_of(schemas)} for media, schemas in answer.content}
    return made


def _any_of(schemas: tuple[Schema, ...]) -> Schema:
    return schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}
