"""What somebody asks for in a sentence, as something of the catalogue: which entry, of what, with which fields.

Words of other languages are made English by a table (`lexicon.toml`), and the entries of the catalogue are found by
their words, the rarer the more they count. What is left over is the thing that it is about. No model is needed, and the
same sentence always gives the same answer.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from krepis.server.scaffold.catalogue import ScaffoldError, templates
from krepis.server.scaffold.fields import parse_fields, parse_name
from krepis.server.scaffold.generate import KINDS

_LEXICON: Final = Path(__file__).resolve().with_name("lexicon.toml")
_SUFFIX: Final = re.compile(r"(?<=[a-z]{3})(?:ing|ed|es|s|e)$")
_STOP_WORDS: Final = """
a about above across add an and any app application are as at backend basic be between build by can code complete
could create do each every feature features for from full function generate get give has have having i implement in
into is it its krepis let like make me module my need new node of on one or our page per please program server should
simple small so some something support system that the their them there this to typescript use using want we where
which who will with would write you
"""
_STOP: Final = frozenset(_STOP_WORDS.split())
_WITH: Final = re.compile(r"\b(?:with|having|fields?:?|columns?:?|mit|con|avec)\b", re.I)
_EXPLICIT: Final = re.compile(r"\b[A-Za-z]\w*:[a-z]+(?:\([^()]*\))?\??(?::unique)?")
MAX_CHARACTERS: Final = 4_000
"""Of a sentence that is looked at."""
MAX_FIELDS: Final = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """An entry of the catalogue. `kind` is a generator, `template` what a new project is made from, `complete` when it
    needs nothing of the generator; `name` and `fields` are as `krepis generate` takes them. `score` is 0 when the
    sentence only names a thing."""

    entry: str
    kind: str | None
    template: str
    complete: bool
    name: str
    fields: tuple[str, ...]
    score: float


def wanted(sentence: str) -> Wanted | None:
    """What a sentence asks for; None when nothing of it is known."""
    sentence = sentence[:MAX_CHARACTERS]
    text = _EXPLICIT.sub(" ", sentence).lower()
    words, things, fields = _understood(text)
    scores = _scores(words)
    entry = max(scores, key=lambda name: scores[name], default="")
    thing = _thing(words, things, text)
    if not entry:
        if not thing or not (things or fields or _WITH.search(text) or text != sentence.lower() or "app" in words):
            return None
        entry = "resource"
    said = _lexicon()["entries"][entry]
    kind = said.get("generator")
    kind = kind if kind in KINDS else None
    name = thing or said.get("name") or said["words"].split()[0]
    listed = _fields(sentence, fields, name) if kind in ("resource", "model") else ()
    complete = kind is None or said.get("complete", False)
    return Wanted(entry, kind, said["template"], complete, parse_name(name).pascal, listed, scores.get(entry, 0.0))


def slug(sentence: str) -> str:
    """A short name for what a sentence asks for, which can be part of a path."""
    found = wanted(sentence)
    if found is None:
        return "feature"
    if found.entry == "resource":
        return parse_name(found.name).kebab
    own = _own(found.entry)
    words = _understood(sentence[:MAX_CHARACTERS].lower())[0]
    return parse_name(next((word for word in words if _stem(word) in own), found.name)).kebab


def stems(text: str) -> frozenset[str]:
    """The stems of the words of a text that say something, in English as far as they are known."""
    words, things, fields = _understood(text.lower())
    return frozenset(_stem(word) for word in (*words, *things, *fields) if word not in _STOP and len(word) > 2)


@cache
def _lexicon() -> Mapping[str, Any]:
    return tomllib.loads(_LEXICON.read_text(encoding="utf-8"))


@cache
def _surfaces() -> re.Pattern[str]:
    """All words of the tables, the longest first; those of the Latin alphabet only as whole words."""
    tables = _lexicon()
    known = sorted({*tables["words"], *tables["things"], *tables["fields"]}, key=len, reverse=True)
    parts = [rf"\b{re.escape(word)}\b" if word.isascii() or word[0] < "\u0250" else re.escape(word) for word in known]
    return re.compile("|".join(parts) + r"|[a-z][a-z]*", re.I)


def _understood(text: str) -> tuple[list[str], list[str], list[str]]:
    """The English words of a text, and which of them are things and fields in another language."""
    tables = _lexicon()
    words: list[str] = []
    things: list[str] = []
    fields: list[str] = []
    for found in _surfaces().findall(text):
        if found in tables["things"]:
            things.append(tables["things"][found])
        elif found in tables["fields"]:
            fields.append(tables["fields"][found])
        else:
            words += tables["words"].get(found, found).split()
    return words, things, fields


def _stem(word: str) -> str:
    return _SUFFIX.sub("", word)


@cache
def _documents() -> Mapping[str, frozenset[str]]:
    """The stems by which each entry is found."""
    summaries = {template.name: template.summary for template in templates()}
    found = {}
    for name, entry in _lexicon()["entries"].items():
        about = "" if entry.get("generator") else summaries[entry["template"]]
        said = re.findall(r"[a-z]+", f"{entry['words']} {about}".lower())
        found[name] = frozenset(_stem(word) for word in said if word not in _STOP)
    return found


@cache
def _weights() -> Mapping[str, float]:
    counts = Counter(stem for stems in _documents().values() for stem in stems)
    return {stem: math.log(1 + len(_documents()) / count) for stem, count in counts.items()}


def _scores(words: Iterable[str]) -> dict[str, float]:
    """The entries that share words with a sentence."""
    stems = {_stem(word) for word in words if word not in _STOP}
    scores = {}
    for name, document in _documents().items():
        own = _own(name)
        if stems & own:  # a word of the summary says less than one that the entry is known by
            score = sum(_weights()[stem] * (1.0 if stem in own else 0.3) for stem in stems & document)
            scores[name] = score * _lexicon()["entries"][name].get("weight", 1.0)
    return scores


@cache
def _own(entry: str) -> frozenset[str]:
    """The stems that an entry is known by."""
    return frozenset(_stem(word) for word in _lexicon()["entries"][entry]["words"].split())


def _thing(words: list[str], things: list[str], text: str) -> str:
    """What it is about, in the singular; "" when it does not say."""
    if things:
        return things[0]
    plain = text[: found.start()] if (found := _WITH.search(text)) else text
    among = set(_understood(plain)[0])
    free = [word for word in words if word in among and word not in _STOP and _stem(word) not in _weights()]
    free = [word for word in free if len(word) > 2 and word.isascii()]
    return _singular(free[-1]) if free else ""


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(?:s|x|z|ch|sh)es$", word):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _fields(sentence: str, foreign: list[str], name: str) -> tuple[str, ...]:
    """The fields that a sentence names, with types: those written as such, and those after a "with"."""
    found = list(_EXPLICIT.findall(sentence))
    names = [*foreign]
    if not found and (after := _WITH.search(sentence)):
        rest = re.split(r"[.;!?\n]", sentence[after.end() :])[0]
        for part in re.split(r",|\band\b|&|/", rest):
            words = [word.lower() for word in re.findall(r"[A-Za-z]+", part) if word.lower() not in _STOP]
            if 0 < len(words) <= 3:
                names.append("_".join(words))
    seen: set[str] = {_singular(name.lower())}
    for one in names:
        if one not in seen:
            seen.add(one)
            found.append(_typed(one))
    good: list[str] = []
    for one in found[:MAX_FIELDS]:
        try:
            parse_fields((*good, one))
        except ScaffoldError:
            continue
        good.append(one)
    return tuple(good) or ("name:string",)


def _typed(name: str) -> str:
    last = name.rsplit("_", 1)[-1]
    kind = next((kind for kind, words in _lexicon()["types"].items() if last in words.split()), "string")
    return f"{name}:{kind}" + (":unique" if last == "email" else "")
