"""Anomalies as findings: wording, steps, fingerprints. Pure functions from an anomaly to `Finding`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from krepis.twin.findings import RULES, Finding, Kind, Place, Severity, Step, fingerprint
from krepis.twin.typescript.anomaly import Anomaly
from krepis.twin.typescript.intrinsics import user_frame
from krepis.twin.typescript.layout import LONG
from krepis.twin.typescript.machine import Access, Frame
from krepis.twin.typescript.recording import Shown, place_of, token_of
from krepis.twin.typescript.values import JsArray, JsMap, JsObject, Term, V, raw, show_term

MAX_STEPS = 40
"""Steps shown of one interleaving."""

_MESSAGE: dict[str, str] = {
    "lost-update": (
        "Two overlapping calls can lose an update of `{what}`: this write is computed from a value that "
        "another call has replaced."
    ),
    "check-then-act": (
        "The check of `{check}` no longer holds here: another call changed it after it was read and "
        "before this line acts on it."
    ),
    "stale-read": "`{what}` may hold another call's value here: it was replaced while this call was suspended.",
    "write-skew": "Two overlapping calls can each pass the check of `{check}` and together break what it protects.",
    "init-race": "Two overlapping calls can both find `{check}` unset and both initialise it.",
    "order-violation": "This runs although what it relies on, `{check}`, has changed in the meantime.",
    "deadlock": "Two overlapping calls can wait for each other for ever: {detail}.",
    "lock-leak": "`{detail}` is not given back when something after this line fails.",
    "floating-promise": "Nobody waits for this asynchronous call, although what follows relies on it.",
    "invariant": "The invariant `{detail}` fails in this interleaving.",
}
_WHY: dict[str, str] = {
    "lost-update": "One of the two changes disappears without an error: money, stock or counts end up wrong.",
    "check-then-act": "Both calls act, although only one of them should have: duplicates, overselling, double charges.",
    "stale-read": "One request's data is used for another.",
    "write-skew": "Each call is right on its own; both together leave a state that neither would have allowed.",
    "init-race": "The resource is created twice; one copy leaks, and callers may hold different instances.",
    "order-violation": "Work is done, or reported as done, for a state that no longer exists.",
    "deadlock": "Neither call ever returns, and everything that needs the same locks piles up behind them.",
    "lock-leak": "The next caller waits for ever: one failed request takes the feature down until a restart.",
    "floating-promise": (
        "The answer is given before the work is done, and a failure goes unnoticed or ends the process."
    ),
    "invariant": "What you declared to hold does not.",
}
_HELP: dict[str, str] = {
    "lost-update": (
        "Read and write without an await in between, hold a lock around both, or let the store do the "
        "update (a relative or conditional one)."
    ),
    "check-then-act": (
        "Check again after the await, reserve before it, hold a lock around check and act, or let a "
        "unique constraint or a conditional write decide."
    ),
    "stale-read": "Keep per-request data in local variables or in AsyncLocalStorage, not in fields of shared objects.",
    "write-skew": "Run the transaction at SERIALIZABLE, or lock the rows that the check reads (FOR UPDATE).",
    "init-race": "Store the promise before awaiting it, so that later callers share it.",
    "order-violation": "Check that the premise still holds before acting, or cancel the pending work when it changes.",
    "deadlock": "Take the locks in one global order, for example sorted by key.",
    "lock-leak": "Release in a `finally` block, or use `runExclusive`.",
    "floating-promise": (
        "Await it, or return it; for a loop use `for...of` with await, or `await Promise.all(items.map(...))`."
    ),
    "invariant": "Make the steps that break it atomic.",
}


def location_text(loc: Any) -> str:
    """A shared location as a developer would write it."""
    kind = loc[0]
    if kind == "cell":
        return str(loc[2])
    if kind == "prop":
        key = loc[3]
        name = "this" if str(loc[2])[:1].isupper() else str(loc[2])
        return f"{name}.{key}" if isinstance(key, str) and key.lstrip("#").isidentifier() else f"{name}[{_key(key)}]"
    if kind in ("entry",):
        return f"{loc[2]}[{_key(loc[3])}]"
    if kind in ("array", "keys"):
        return str(loc[2])
    if kind == "field":
        key = loc[2]
        return f"{show_term(loc[1])}.{key}" if isinstance(key, str) and key != "*" else show_term(loc[1])
    if kind == "row":
        column = "" if loc[3] == "*" else f".{loc[3]}"
        return f"{loc[1]}[{_key(loc[2])}]{column}"
    if kind == "table":
        return f"rows of {loc[1]}"
    if kind in ("kv", "store"):
        return f"{loc[1]}[{_key(loc[-1])}]"
    if kind == "lock":
        return "lock"
    return str(loc[-1])


def act_text(loc: Any) -> str:
    """A location that is changed, or an effect, rows by their table; "" for what only the call itself sees."""
    kind = loc[0]
    if kind == "prop":
        return f"{loc[2]}.{loc[3]}" if isinstance(loc[3], str) else str(loc[2])
    if kind == "entry":
        return f"{loc[2]}[{_key(loc[3])}]"
    if kind in ("cell", "array", "keys"):
        return str(loc[2])
    if kind in ("row", "table"):
        return f"rows of {loc[1]}"
    return str(loc[1]) if kind in ("kv", "store", "effect") else ""


def _key(key: Any) -> str:
    key = raw(key)
    if isinstance(key, Term | str):
        return show_term(key)
    if isinstance(key, tuple | frozenset):
        parts = [
            f"{p[0]}={show_term(p[1])}" if isinstance(p, tuple) and len(p) == 2 and isinstance(p[0], str) else _key(p)
            for p in key
        ]
        return ", ".join(parts)
    return show_term(key)


def value_text(value: Any) -> str:
    """A value, shortened."""
    v = raw(value)
    if v is None or isinstance(v, tuple | frozenset | JsArray | JsMap):
        return ""
    text = show_term(v, 5)
    return text if len(text) <= 80 else text[:77] + "..."


def user_place(frame: Frame, site: int, R: Any) -> tuple[Frame, int] | None:
    """The frame and line in the user's code."""
    f, at = user_frame(frame, R)
    if f.code is None:
        return None
    number = site if f is frame else at
    sites = f.code.module.sites
    return f, (sites[number][0] if 0 < number < len(sites) or (number == 0 and len(sites)) else f.code.span[0])


def relevant(anomaly: Anomaly) -> set[Any]:
    """The locations that the story is about."""
    out: set[Any] = set()
    for a in (anomaly.read, anomaly.foreign, anomaly.act):
        if a is not None:
            out.add(a.loc)
    return out


def steps_of(anomaly: Anomaly, shown: Callable[[str], str]) -> tuple[Step, ...]:
    """The interleaving as steps."""
    R = anomaly.run.machine
    about = relevant(anomaly)
    rows = {loc[1:3] for loc in about if loc[0] == "row"}
    tables = {loc[1] for loc in about if loc[0] in ("table", "row")}
    out: list[Step] = []
    begun: set[int] = set()
    last: tuple[Any, ...] | None = None
    interesting = {id(anomaly.read), id(anomaly.foreign), id(anomaly.act)}
    for a in R.log:
        if a.root < 0 or a.root >= 26:
            continue
        action = {
            "R": "read",
            "W": "write",
            "E": "effect",
            "L": "lock",
            "U": "unlock",
            "A": "await",
            "Q": "lock",
            "X": "return",
        }.get(a.kind)
        if action is None:
            continue
        keep = id(a) in interesting or a.kind in ("A", "E")
        if not keep and a.kind in ("R", "W"):
            keep = (
                a.loc in about
                or (a.loc[0] == "row" and a.loc[1:3] in rows and a.kind == "W")
                or (a.loc[0] == "table" and a.loc[1] in tables and a.loc in about)
            )
        if not keep and a.kind in ("L", "U", "Q"):
            keep = anomaly.kind in ("deadlock", "lock-leak") or len(out) < MAX_STEPS
        if a.kind == "X":
            continue
        place = user_place(a.frame, a.site, R)
        if not keep or place is None:
            continue
        frame, line = place
        code = frame.code
        assert code is not None
        if R.program.is_model(code.module.path):
            continue
        task = chr(65 + a.root)
        call = call_text(anomaly, a.root)
        file = shown(code.module.path)
        if a.root not in begun:
            begun.add(a.root)
            entry_code = anomaly_entry(anomaly, a.root)
            if entry_code is not None:
                out.append(Step(task, call, shown(entry_code.module.path), entry_code.span[0], "call", call, ""))
        if a.kind == "A" and out and out[-1].task == task and out[-1].action == "await":
            out.pop()
        what = (
            location_text(a.loc)
            if a.kind in ("R", "W")
            else str(a.loc[1])
            if a.kind == "E"
            else a.value
            if a.kind in ("L", "U", "Q")
            else source_text(code, a, frame, R)
        )
        if a.kind == "Q":
            what = f"waits for {a.value}"
        value = value_text(a.value) if a.kind in ("R", "W") else ""
        key = (task, line, action, what, a.event)
        if key == last:
            continue
        last = key
        out.append(Step(task, call, file, line, action, str(what), value))  # type: ignore[arg-type]
        if a is anomaly.act:
            break
    if len(out) > MAX_STEPS:
        out = out[: MAX_STEPS // 2] + out[-MAX_STEPS // 2 :]
    return tuple(out)


def source_text(code: Any, a: Access, frame: Frame, R: Any) -> str:
    """The awaited expression, as it stands in the text."""
    f, at = user_frame(a.frame, R)
    number = a.site if f is a.frame else at
    sites = code.module.sites
    if not 0 <= number < len(sites):
        return ""
    text = code.module.uncommented(sites.starts[number], sites.ends[number]).decode("utf-8", "replace")
    text = " ".join(text.split()).removeprefix("await ")
    return text if len(text) <= 60 else text[:57] + "..."


def anomaly_entry(anomaly: Anomaly, root: int) -> Any:
    """The code of the function that a task runs."""
    if root in anomaly.run.machine.called:
        return anomaly.run.machine.called[root]
    for a in anomaly.run.machine.log:
        if a.root == root and a.frame.code is not None:
            f: Frame | None = a.frame
            top = a.frame
            while f is not None and f.code is not None:
                top = f
                f = f.parent
            return top.code
    return None


def call_text(anomaly: Anomaly, root: int) -> str:
    """`credit(id, cents)`."""
    name = anomaly.names[root] if root < len(anomaly.names) else "call"
    code = anomaly_entry(anomaly, root)
    params = ", ".join(p if len(p) < 24 else "…" for p in code.param_names) if code is not None else ""
    return f"{name}({params})" if " " not in name else name


def finding_of(
    anomaly: Anomaly, shown: Callable[[str], str], rooted: Callable[[str], str], ordinal: int = 0
) -> Finding:
    """The finding for an anomaly; `shown` maps module paths to report paths, `rooted` to those of fingerprints."""
    kind: Kind = anomaly.kind  # type: ignore[assignment]
    frame, site = anomaly.data_site or (anomaly.frame, anomaly.site)
    code = anomaly.frame.code
    assert code is not None and frame.code is not None
    sites = frame.code.module.sites
    line, column, end_line, end_column = sites[site] if site < len(sites) else code.span
    if end_line > line + LONG:
        end_line, end_column = line, column + 1
    act, read = anomaly.act, anomaly.read
    what = (
        location_text(act.loc)
        if act is not None and act.kind in ("W", "R")
        else (str(act.loc[1]) if act is not None else anomaly.detail)
    )
    check = location_text(read.loc) if read is not None else anomaly.detail
    detail = anomaly.detail or what
    if kind == "deadlock" and len(anomaly.names) == 1:
        message = f"This call waits for `{detail}`, which it holds itself: it never returns."
    else:
        message = _MESSAGE[kind].format(what=what, check=check, detail=detail)
    text = frame.code.module.text.split(b"\n")[line - 1].strip().decode("utf-8", "replace") if line else ""
    severity: Severity = anomaly.severity  # type: ignore[assignment]
    return Finding(
        rule=RULES[kind],
        kind=kind,
        severity=severity,
        file=shown(frame.code.module.path),
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        function=code.name,
        message=message,
        why=_WHY[kind],
        help=_HELP[kind],
        steps=steps_of(anomaly, shown),
        states=anomaly.states,
        traces=anomaly.traces,
        schedule=_token(anomaly, rooted),
        fingerprint=fingerprint(RULES[kind], rooted(frame.code.module.path), code.name, text, check, ordinal),
        fixes=(),
        read=_place(read, anomaly, shown),
        act=_place(act, anomaly, shown),
        rival=_place(anomaly.foreign, anomaly, shown),
    )


def _token(anomaly: Anomaly, rooted: Callable[[str], str]) -> str:
    """What replays the execution of an anomaly; "" when nothing does."""
    if anomaly.recording is None:
        return ""
    places = [place_of(anomaly.run, anomaly.frame, anomaly.site)]
    if anomaly.data_site is not None:
        places.append(place_of(anomaly.run, *anomaly.data_site))
    known = tuple(p for p in places if p is not None)
    if len(known) < len(places):
        return ""
    about = tuple(a.index if a is not None else -1 for a in (anomaly.read, anomaly.foreign, anomaly.act))
    kind: Kind = anomaly.kind  # type: ignore[assignment]
    severity: Severity = anomaly.severity  # type: ignore[assignment]
    shown = Shown(kind, severity, anomaly.detail, known, about)
    return token_of(anomaly.recording, anomaly.run, shown, rooted)


def _place(access: Access | None, anomaly: Anomaly, shown: Callable[[str], str]) -> Place | None:
    """Where an access is made: in the finding's own function, if that leads to it, else where the user's code does."""
    if access is None:
        return None
    R = anomaly.run.machine
    near: tuple[Frame, int] | None = None
    frame: Frame | None = access.frame
    site = access.site
    while frame is not None:
        if frame.code is not None and not R.program.is_model(frame.code.module.path):
            if near is None or frame.code is anomaly.frame.code:
                near = frame, site
            if frame.code is anomaly.frame.code:
                break
        site, frame = frame.site, frame.parent
    if near is None or near[0].code is None or not 0 <= near[1] < len(near[0].code.module.sites):
        return None
    module = near[0].code.module
    what = str(access.loc[1]) if access.kind == "E" else location_text(access.loc)
    return Place(shown(module.path), *module.sites[near[1]], what)


__all__ = ["Access", "JsObject", "V", "finding_of", "location_text"]
