"""Verified repairs: edits that make a finding go away, checked by verifying the edited program.

`candidates` proposes (syntax only), `verified` keeps what holds, `apply` performs. Recipes are one module per
way of thinking: locks, memory, locals, promises, updates and transactions of databases; `_recipes` puts them in
order, the most specific first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from krepis.twin.edits import Edit, Repair, apply
from krepis.twin.findings import Finding
from krepis.twin.fixes._case import case_of
from krepis.twin.fixes._recipes import drafts, remedies
from krepis.twin.fixes._verified import edited, fresh, holds, related, verified
from krepis.twin.options import Options, SourceFile


def candidates(finding: Finding, files: Sequence[SourceFile], options: Options) -> Iterator[Repair]:
    """Repairs that might help, best first, none of them verified."""
    del options  # candidates depend on the text alone
    case = case_of(finding, files)
    if case is not None:
        for draft in drafts(case):
            repair = draft.repair(finding.fingerprint)
            if repair is not None:
                yield repair


__all__ = ["Edit", "Repair", "apply", "candidates", "edited", "fresh", "holds", "related", "remedies", "verified"]
