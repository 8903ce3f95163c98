"""Literals: the values of JavaScript strings, numbers and property names, and their Python spelling."""

from __future__ import annotations

import re

from krepis.twin.typescript.syntax import Kinds
from tree_sitter import Node

_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-3]?[0-7]{1,2})|(\r\n|[\s\S]))")
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "\n": "", "\r\n": "", "\r": ""}
_SIMPLE |= {"\u2028": "", "\u2029": ""}
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def unescape(text: str) -> str:
    """The value of the inside of a string or template (ECMA-262 12.9.4); surrogate pairs are joined."""
    if "\\" not in text:
        return text

    def value(match: re.Match[str]) -> str:
        code_point, unit, byte, octal, simple = match.groups()
        digits = code_point or unit or byte
        if digits is not None:
            number = int(digits, 16)
            return chr(number) if number <= 0x10FFFF else "\ufffd"
        if octal is not None:
            return chr(int(octal, 8))
        return _SIMPLE.get(simple, simple)

    raw = _ESCAPE.sub(value, text)
    return _SURROGATES.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), raw)


def string_value(source: bytes, kinds: Kinds, node: Node) -> str | None:
    """The value of a string literal or of a template without substitutions; None for anything else."""
    kind = kinds[node.kind_id]
    text = source[node.start_byte : node.end_byte].decode("utf-8", "replace")
    if kind == "string" or (
        kind == "template_string"
        and all(kinds[child.kind_id] != "template_substitution" for child in node.named_children)
    ):
        return unescape(text[1:-1])
    return None


def number_value(text: str) -> int | float | None:
    """The value of a numeric literal that is not a bigint; integral values up to 2^53 are ints."""
    plain = text.replace("_", "").lower()
    try:
        if plain[:2] in ("0x", "0o", "0b"):
            value: int | float = int(plain, 0)
        elif len(plain) > 1 and plain[0] == "0" and plain.isdigit():
            value = int(plain, 8) if all(digit in "01234567" for digit in plain) else int(plain)
        elif plain.isdigit() and len(plain) < 400:
            value = int(plain)
        else:
            value = float(plain)
    except ValueError:
        return None
    except OverflowError:
        return float("inf")
    if isinstance(value, int) and value > 2**53:
        return float(value) if value < 2**1023 else float("inf")
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53 else value


def number_text(value: int | float) -> str:
    """Python source of a number."""
    return "1e999" if value == float("inf") else repr(value)


def number_key(value: int | float) -> str:
    """A number as a property name, for the numbers that programs use as names."""
    return str(value)


def property_name(source: bytes, kinds: Kinds, node: Node) -> str | None:
    """A static property name, or None when it is computed at run time."""
    kind = kinds[node.kind_id]
    if kind in ("property_identifier", "private_property_identifier", "identifier"):
        text = source[node.start_byte : node.end_byte].decode("utf-8", "replace")
        return unescape(text) if "\\" in text else text
    if kind in ("string", "template_string"):
        return string_value(source, kinds, node)
    if kind == "number":
        value = number_value(source[node.start_byte : node.end_byte].decode("utf-8", "replace"))
        return None if value is None else number_key(value)
    if kind == "computed_property_name":
        inner = node.named_child(0)
        if inner is not None and kinds[inner.kind_id] in ("string", "number"):
            return property_name(source, kinds, inner)
    return None
