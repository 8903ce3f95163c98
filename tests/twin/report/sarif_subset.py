"""A JSON schema for the part of SARIF 2.1.0 that Krepis writes, made by hand from the specification.

Section numbers are those of the OASIS standard (errata 01). Unlike the published schema it allows no
property that is not listed here, so a typing error in a property's name fails, and property bags are the
only open objects.
"""

from __future__ import annotations

from typing import Any, Final


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


def _list(items: Any, **limits: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **limits}


_TEXT: Final = {"type": "string", "minLength": 1}
_COUNT: Final = {"type": "integer", "minimum": 1}
_BAG: Final = {"type": "object"}  # 3.8
_MESSAGE: Final = _object("text", text=_TEXT)  # 3.11
_LEVEL: Final = {"enum": ["none", "note", "warning", "error"]}  # 3.27.10
_ARTIFACT: Final = _object(  # 3.4: a relative reference without the characters that RFC 3986 excludes
    "uri uriBaseId",
    uri={"type": "string", "pattern": r"^(?![a-zA-Z][a-zA-Z0-9+.-]*:)(?!/)[A-Za-z0-9\-._~/%]+$"},
    uriBaseId={"const": "SRCROOT"},
)
_PHYSICAL: Final = _object(  # 3.29, 3.30
    "artifactLocation region",
    artifactLocation=_ARTIFACT,
    region=_object("startLine", startLine=_COUNT, startColumn=_COUNT, endLine=_COUNT, endColumn=_COUNT),
)
_LOGICAL: Final = _object("fullyQualifiedName kind", fullyQualifiedName=_TEXT, kind={"const": "function"})  # 3.33
_LOCATION: Final = _object(  # 3.28
    "physicalLocation",
    id={"type": "integer", "minimum": 0},
    physicalLocation=_PHYSICAL,
    logicalLocations=_list(_LOGICAL),
    message=_MESSAGE,
)
_THREAD_FLOW_LOCATION: Final = _object(  # 3.38
    "location executionOrder",
    location=_LOCATION,
    executionOrder=_COUNT,
    importance={"enum": ["important", "essential", "unimportant"]},
    kinds=_list(_TEXT, uniqueItems=True),
)
_THREAD_FLOW: Final = _object(  # 3.37
    "id locations", id=_TEXT, message=_MESSAGE, locations=_list(_THREAD_FLOW_LOCATION, minItems=1)
)
_SUPPRESSION: Final = _object(  # 3.35
    "kind",
    kind={"enum": ["inSource", "external"]},
    status={"enum": ["accepted", "underReview", "rejected"]},
    justification=_TEXT,
)
_RESULT: Final = _object(  # 3.27
    "ruleId ruleIndex level message locations partialFingerprints",
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    kind={"const": "fail"},
    level=_LEVEL,
    message=_MESSAGE,
    locations=_list(_LOCATION, minItems=1),
    partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
    codeFlows=_list(_object("threadFlows", message=_MESSAGE, threadFlows=_list(_THREAD_FLOW, minItems=1))),
    relatedLocations=_list(_LOCATION, uniqueItems=True),
    suppressions=_list(_SUPPRESSION, uniqueItems=True),
    properties=_BAG,
)
_NOTIFICATION: Final = _object("level message", level=_LEVEL, message=_MESSAGE, locations=_list(_LOCATION))  # 3.58
_RULE: Final = _object(  # 3.49
    "id name shortDescription fullDescription help helpUri",
    id=_TEXT,
    name=_TEXT,
    shortDescription=_MESSAGE,
    fullDescription=_MESSAGE,
    help=_object("text markdown", text=_TEXT, markdown=_TEXT),
    helpUri={"type": "string", "pattern": "^https://"},
    defaultConfiguration=_object("level", level=_LEVEL),
    properties=_BAG,
)
_RUN: Final = _object(  # 3.14
    "tool results columnKind",
    tool=_object(
        "driver",
        driver=_object(
            "name version rules",
            name=_TEXT,
            version=_TEXT,
            informationUri={"type": "string", "pattern": "^https://"},
            rules=_list(_RULE, uniqueItems=True),
        ),
    ),
    columnKind={"const": "utf16CodeUnits"},
    originalUriBaseIds={
        "type": "object",
        "additionalProperties": _object("description", description=_MESSAGE),
    },
    invocations=_list(
        _object(
            "executionSuccessful",
            executionSuccessful={"type": "boolean"},
            toolExecutionNotifications=_list(_NOTIFICATION),
            toolConfigurationNotifications=_list(_NOTIFICATION),
        )
    ),
    results=_list(_RESULT),
    properties=_BAG,
)
SCHEMA: Final = _object(  # 3.13
    "$schema version runs",
    **{"$schema": {"type": "string", "pattern": "sarif-schema-2.1.0.json$"}},
    version={"const": "2.1.0"},
    runs=_list(_RUN, minItems=1),
)
