"""What each rule means, for people: one `Rule` per kind, used by every renderer and by the documentation.

The long form, with examples, is the page `docs/rules/<kind>.md`; `help_uri` leads there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from krepis.twin.findings import KINDS, RULES, Kind

HOME: Final = "https://github.com/krepis/krepis"
_PAGES: Final = f"{HOME}/blob/main/docs/rules/"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its code, a short title, and in one sentence each what it reports, why, and the remedy."""

    kind: Kind
    title: str
    what: str
    why: str
    remedy: str

    @property
    def code(self) -> str:
        """`krepis/race/lost-update`."""
        return RULES[self.kind]

    @property
    def help_uri(self) -> str:
        """The page of the rule."""
        return f"{_PAGES}{self.kind}.md"


_TEXTS: Final[Mapping[Kind, tuple[str, str, str, str]]] = {
    "lost-update": (
        "Lost update",
        "Two calls read a value, both compute a new one, and the second write overwrites the first.",
        "One of the two changes vanishes without an error: money, stock or votes go missing under load.",
        "Make the update atomic, read after the await, or hold one lock from the read to the write.",
    ),
    "check-then-act": (
        "Check, then act",
        "A call checks a condition and acts on it after an await, when it may no longer hold.",
        "What the check was meant to prevent happens: stock below zero, two accounts, a coupon used twice.",
        "Check and act in one atomic step, or hold one lock over both.",
    ),
    "stale-read": (
        "Stale read",
        "A call answers or decides with a value that another call has changed since it was read.",
        "The caller gets an answer that was never true together with the rest of it.",
        "Read the value again after the await, or read everything in one snapshot.",
    ),
    "write-skew": (
        "Write skew",
        "Two calls read the same data and write different parts of it, breaking a rule over the whole.",
        "Each call is right alone; together they break it: nobody on duty, a budget spent twice.",
        "Use a serializable transaction, or lock the rows that the decision reads.",
    ),
    "init-race": (
        "Initialisation race",
        "Two first calls both find something missing, and both create it.",
        "Connections leak, work is paid twice, and half of the program uses an object of its own.",
        "Store the promise at once, before the first await, and let everybody await it.",
    ),
    "order-violation": (
        "Order violation",
        "Steps that only make sense in one order can run in another.",
        "An older result overwrites a newer one, or something is used before it is ready.",
        "Await what must come first, or drop a result that is no longer the newest.",
    ),
    "deadlock": (
        "Deadlock",
        "Calls wait for locks, queues or promises of each other, in a cycle.",
        "The requests never finish, and everything that needs the same locks joins them until a restart.",
        "Take locks in one global order, or take one lock for both.",
    ),
    "lock-leak": (
        "Leaked lock",
        "A path leaves the function, mostly by an exception, without releasing the lock that it took.",
        "The next call waits forever: one failed request takes the feature down.",
        "Release in finally, or use the form of the lock that takes a callback.",
    ),
    "floating-promise": (
        "Floating promise",
        "A promise is neither awaited nor stored nor handled, so the caller goes on before it settles.",
        "Its error is lost or ends the process, and the caller says done before it is.",
        "Await it, return it, or handle its rejection on purpose.",
    ),
    "invariant": (
        "Invariant broken",
        "An interleaving makes a condition false that the code declares with @invariant.",
        "The rule that the rest of the program relies on does not hold.",
        "Make the steps that break and restore the condition one atomic step.",
    ),
}

RULE_OF: Final[Mapping[Kind, Rule]] = {kind: Rule(kind, *_TEXTS[kind]) for kind in KINDS}
"""Every rule, by kind, in the order of the published format."""
