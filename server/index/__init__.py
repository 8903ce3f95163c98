"""What one TypeScript file says about itself: a pure function from text to `Facts`."""

from krepis.server.index.extract import Edit, Parsed, digest_of, edited, facts, parsed
from krepis.server.index.model import Facts, Relation, RelationKind, Symbol, SymbolKind

__all__ = [
    "Edit",
    "Facts",
    "Parsed",
    "Relation",
    "RelationKind",
    "Symbol",
    "SymbolKind",
    "digest_of",
    "edited",
    "facts",
    "parsed",
]
