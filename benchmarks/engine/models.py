"""The two benchmark models, written for SPIN, Rumur and TLC from the same parameters.

N processes run K rounds each on one counter x. In U nothing protects the counter; in L one mutex m does. Each
numbered step is atomic, and no model leaves anything to its tool's reduction: no symmetry (processes are
plain integers), no partial-order reduction, no fusing of steps, so that all tools visit the same states and
fire the same transitions.

    U   0: i < K: r := x, to 1                 1: x := r + 1; r := 0; i := i + 1, to 0      0: i = K: to 4
    L   0: i < K and m = 0: m := 1, to 1       1: r := x, to 2     2: x := r + 1; r := 0, to 3
        3: m := 0; i := i + 1, to 0            0: i = K: to 4

Deliberately absent: running anything (`run.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Model:
    """U or L with `n` processes of `k` rounds."""

    kind: Literal["U", "L"]
    n: int
    k: int

    @property
    def name(self) -> str:
        return f"{self.kind}({self.n},{self.k})"


ANCHORS: Final[dict[Model, tuple[int, int]]] = {
    Model("U", 3, 5): (220_914, 609_552),
    Model("U", 4, 4): (5_638_672, 20_671_388),
    Model("L", 5, 6): (401_408, 696_320),
    Model("L", 5, 14): (14_811_136, 22_118_400),
}
"""Distinct states and transitions, known independently of every tool here."""


def states_of_l(n: int, k: int) -> int:
    """Distinct states of L(n, k): all processes outside the lock, or one of n inside it at one of 3 places in
    k rounds."""
    return int((k + 2) ** n + 3 * n * k * (k + 2) ** (n - 1))


def expected_states(model: Model) -> int | None:
    """Distinct states that every tool must report; None where neither an anchor nor a closed form is
    known."""
    if model in ANCHORS:
        return ANCHORS[model][0]
    return states_of_l(model.n, model.k) if model.kind == "L" else None


def promela(model: Model) -> str:
    """The model for SPIN: one `d_step` per step; a finished process blocks in a valid end state instead of
    dying."""
    take = "d_step { i < K -> r = x }; d_step { x = r + 1; r = 0; i++ }"
    locked = "d_step { i < K && m == 0 -> m = 1 }; d_step { r = x }; d_step { x = r + 1; r = 0 }; d_step { m = 0; i++ }"
    mutex, body = ("", take) if model.kind == "U" else ("bit m = 0;\n", locked)
    return (
        f"#define K {model.k}\nbyte x = 0;\n{mutex}"
        f"active [{model.n}] proctype P() {{\n"
        "  byte i = 0, r = 0;\n"
        f"  do\n  :: {body}\n  :: i == K -> break\n  od;\n"
        "end_done:\n  false\n}\n"
    )


def murphi(model: Model) -> str:
    """The model for Rumur. Processes are a range and not a scalarset, so nothing is symmetric."""
    steps = {
        "U": [
            ("read", "pc[p] = 0 & i[p] < K", "r[p] := x; pc[p] := 1;"),
            ("write", "pc[p] = 1", "x := r[p] + 1; r[p] := 0; i[p] := i[p] + 1; pc[p] := 0;"),
        ],
        "L": [
            ("lock", "pc[p] = 0 & i[p] < K & m = 0", "m := 1; pc[p] := 1;"),
            ("read", "pc[p] = 1", "r[p] := x; pc[p] := 2;"),
            ("write", "pc[p] = 2", "x := r[p] + 1; r[p] := 0; pc[p] := 3;"),
            ("unlock", "pc[p] = 3", "m := 0; i[p] := i[p] + 1; pc[p] := 0;"),
        ],
    }[model.kind] + [("done", "pc[p] = 0 & i[p] = K", "pc[p] := 4;")]
    rules = "\n".join(f'  rule "{name}" {guard} ==> begin {body} end;' for name, guard, body in steps)
    mutex = ("  m: 0..1;\n", "  m := 0;\n") if model.kind == "L" else ("", "")
    return (
        f"const N: {model.n}; K: {model.k};\n"
        "type proc: 0..N-1; value: 0..N*K;\n"
        "var\n  x: value; pc: array[proc] of 0..4; i: array[proc] of 0..K; r: array[proc] of value;\n"
        f"{mutex[0]}"
        f"startstate begin\n  x := 0;\n{mutex[1]}"
        "  for p: proc do pc[p] := 0; i[p] := 0; r[p] := 0; end;\nend;\n"
        f"ruleset p: proc do\n{rules}\nend;\n"
    )


def tla(model: Model) -> tuple[str, str]:
    """The model for TLC: the module `Bench` and its configuration."""
    shared = "x, pc, i, r" + (", m" if model.kind == "L" else "")
    keep_m = ", m" if model.kind == "L" else ""
    steps = {
        "U": [
            (
                "Read",
                "pc[p] = 0",
                "i[p] < K /\\ r' = [r EXCEPT ![p] = x] /\\ Goto(p, 1) /\\ UNCHANGED <<x, i>>",
            ),
            (
                "Write",
                "pc[p] = 1",
                "x' = r[p] + 1 /\\ r' = [r EXCEPT ![p] = 0] /\\ i' = [i EXCEPT ![p] = @ + 1] /\\ Goto(p, 0)",
            ),
        ],
        "L": [
            ("Lock", "pc[p] = 0", "i[p] < K /\\ m = 0 /\\ m' = 1 /\\ Goto(p, 1) /\\ UNCHANGED <<x, i, r>>"),
            ("Read", "pc[p] = 1", "r' = [r EXCEPT ![p] = x] /\\ Goto(p, 2) /\\ UNCHANGED <<x, i, m>>"),
            (
                "Write",
                "pc[p] = 2",
                "x' = r[p] + 1 /\\ r' = [r EXCEPT ![p] = 0] /\\ Goto(p, 3) /\\ UNCHANGED <<i, m>>",
            ),
            (
                "Unlock",
                "pc[p] = 3",
                "m' = 0 /\\ i' = [i EXCEPT ![p] = @ + 1] /\\ Goto(p, 0) /\\ UNCHANGED <<x, r>>",
            ),
        ],
    }[model.kind] + [("Done", "pc[p] = 0", f"i[p] = K /\\ Goto(p, 4) /\\ UNCHANGED <<x, i, r{keep_m}>>")]
    actions = "\n".join(f"{name}(p) == {guard} /\\ {body}" for name, guard, body in steps)
    disjuncts = " \\/ ".join(f"{name}(p)" for name, _, _ in steps)
    init_m = " /\\ m = 0" if model.kind == "L" else ""
    module = (
        "---- MODULE Bench ----\nEXTENDS Naturals\nCONSTANTS N, K\n"
        f"VARIABLES {shared}\nvars == <<{shared}>>\nP == 0..N-1\n"
        "Goto(p, l) == pc' = [pc EXCEPT ![p] = l]\n"
        f"Init == x = 0 /\\ pc = [p \\in P |-> 0] /\\ i = [p \\in P |-> 0] /\\ r = [p \\in P |-> 0]{init_m}\n"
        f"{actions}\nNext == \\E p \\in P: {disjuncts}\nSpec == Init /\\ [][Next]_vars\n====\n"
    )
    return module, f"SPECIFICATION Spec\nCONSTANT N = {model.n}\nCONSTANT K = {model.k}\n"
