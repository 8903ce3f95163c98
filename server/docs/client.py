"""A typed client in TypeScript from an OpenAPI document: one file that depends on nothing but `fetch`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from krepis.server.docs.openapi import Document
from krepis.server.docs.reader import Schema

_RUNTIME: Final = Path(__file__).resolve().parent / "templates" / "client.ts"
_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][\w$]*")
_TAKEN: Final = frozenset(
    {"Client", "ClientOptions", "RequestFailed", "Response", "Promise", "Record", "Error", "URL", "URLSearchParams",
     "RequestInit", "Request", "Headers", "BodyInit", "Readonly", "Array", "String", "JSON", "Object"}
)  # fmt: skip


def type_of(schema: Schema) -> str:
    """The type of a schema, on one line."""
    if "$ref" in schema:
        return _named(schema["$ref"].rsplit("/", 1)[-1])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(map(json.dumps, schema["enum"])) or "never"
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_grouped(type_of(one)) for one in schema["anyOf"]))
    if "not" in schema:
        return "undefined"
    kind = schema.get("type")
    if kind == "array" and "prefixItems" in schema:
        return f"[{', '.join(map(type_of, schema['prefixItems']))}]"
    if kind == "array":
        return f"{_grouped(type_of(schema.get('items', {})))}[]"
    if kind == "object":
        return _object(schema)
    return {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}.get(
        str(kind), "unknown"
    )


def _grouped(text: str) -> str:
    return f"({text})" if " | " in text and not text.startswith(("{", "[")) else text


def _object(schema: Schema) -> str:
    needed = schema.get("required", ())
    fields = [
        f"{_key(name)}{'' if name in needed else '?'}: {type_of(one)}"
        for name, one in schema.get("properties", {}).items()
    ]
    extra = schema.get("additionalProperties")
    if isinstance(extra, Mapping):
        more = f"Record<string, {type_of(dict(extra))}>"
        return f"{{ {'; '.join(fields)} }} & {more}" if fields else more
    return f"{{ {'; '.join(fields)} }}" if fields else "Record<string, unknown>"


def _key(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else json.dumps(name)


def _named(name: str) -> str:
    return f"{name}Schema" if name in _TAKEN else name


def client(document: Document) -> str:
    """The text of the client."""
    title = " ".join(str(document["info"]["title"]).split()).replace("*/", "")
    parts = [
        f"/** A client of {title}, made by `krepis docs --client typescript`. */\n",
        _RUNTIME.read_text(encoding="utf-8"),
    ]
    for name, schema in document["components"]["schemas"].items():
        parts.append(f"{_comment(schema.get('description', ''), '')}export type {_named(name)} = {type_of(schema)};\n")
    methods = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "101" not in operation["responses"]:
                methods.append(_method(path, method, operation))
    body = "".join(methods)
    parts.append(
        "/** The operations; each throws `RequestFailed` for an answer that is no success. */\n"
        "export function client(base: string, options: ClientOptions = {}) {\n"
        "  const send = sender(base, options);\n"
        f"  return {{\n{body}  }};\n}}\nexport type Client = ReturnType<typeof client>;\n"
    )
    return "\n".join(parts)


def _comment(text: str, indent: str) -> str:
    safe = " ".join(str(text).split()).replace("*/", "* /")
    return f"{indent}/** {safe} */\n" if safe else ""


def _method(path: str, method: str, operation: Document) -> str:
    groups: dict[str, list[tuple[str, bool, str]]] = {"path": [], "query": [], "header": []}
    for one in operation.get("parameters", ()):
        groups[one["in"]].append((one["name"], one["required"], type_of(one["schema"])))
    fields = []
    is_needed = "requestBody" in operation
    for name, members in groups.items():
        if members:
            is_needed = is_needed or any(needed for _, needed, _ in members)
            listed = "; ".join(f"{_key(own)}{'' if needed else '?'}: {kind}" for own, needed, kind in members)
            optional = "" if any(needed for _, needed, _ in members) else "?"
            fields.append(f"{name}{optional}: {{ {listed} }}")
    media = ""
    if body := operation.get("requestBody"):
        media, content = next(iter(body["content"].items()))
        kind = type_of(content["schema"]) if media == "application/json" else "string | Uint8Array<ArrayBuffer>"
        fields.append(f"body: {kind}")
    given = f"given: {{ {'; '.join(fields)} }}{'' if is_needed else ' = {}'}" if fields else ""
    parameters = ", ".join(part for part in (given, "init?: RequestInit") if part)
    arguments = [json.dumps(method.upper()), json.dumps(path), "given" if fields else "{}", "init"]
    if media and media != "application/json":
        arguments.append(json.dumps("application/octet-stream" if "*" in media else media))
    text = operation.get("summary") or f"{method.upper()} {path}"
    head = f"    {operation['operationId']}: ({parameters}) =>"
    return f"{_comment(text, '    ')}{head}\n      send<{_result(operation)}>({', '.join(arguments)}),\n"


def _result(operation: Document) -> str:
    """The type of what the client returns: what is answered with a status of 2xx."""
    types: dict[str, None] = {}
    for status, response in operation["responses"].items():
        if not status.startswith("2"):
            continue
        content: Mapping[str, Any] = response.get("content", {})
        if not content:
            types["undefined"] = None
        for media, one in content.items():
            if media == "application/json":
                types[type_of(one["schema"])] = None
            else:
                types["string" if media.startswith("text/") and media != "text/event-stream" else "Response"] = None
    return " | ".join(types) or "unknown"
