"""Making foreign text safe to show.

Source text, file names and messages come from the program under test, which may be hostile: terminal escapes,
bidirectional overrides ("Trojan Source", CVE-2021-42574), lone surrogates, NUL. `visible` replaces every
character that a terminal or a reader could take for something else by its escape, and keeps the rest, so
what remains can be measured and printed. HTML, XML, JSON and Markdown escape their own syntax on top of it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LINE_END: Final = re.compile(r"[ \t]*[\r\n][ \t\r\n]*")


def visible(text: str) -> str:
    """`text` in one line, without control, format and surrogate characters.

    Line ends with the blanks around them become one space, tabs four.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible_character, _LINE_END.sub(" ", text)))


def _visible_character(character: str) -> str:
    if character == "\t":
        return "    "
    category = unicodedata.category(character)
    code = ord(character)
    if category in {"Cc", "Cf", "Cs", "Zl", "Zp"} or code & 0xFFFE == 0xFFFE:  # the last: not characters
        if character == "\u200d":  # joins emoji; harmless
            return character
        if code <= 0xFF:
            return f"\\x{code:02x}"
        return f"\\u{code:04x}" if code <= 0xFFFF else f"\\u{{{code:x}}}"
    return character
