"""The gate: what is good passes, and what is not is stopped with its reason, however it is dressed."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from krepis.server.agents.check import Verdict, check
from programs import LEDGER, OPTIONS, PROGRAM, RACY_CREDIT, SAFE_CREDIT, WALLET, files, with_method

EXAMPLES = int(os.environ.get("KREPIS_FUZZ", "60"))


def judged(wallet: str, **others: str) -> Verdict:
    texts = {**PROGRAM, "src/wallet.ts": wallet, **{f"src/{name}.ts": text for name, text in others.items()}}
    return check(files(PROGRAM), files(texts), OPTIONS)


def test_a_method_without_a_race_is_accepted_and_verified() -> None:
    verdict = judged(with_method(SAFE_CREDIT))
    assert (verdict.reasons, verdict.verified, verdict.invented) == ((), True, 0)
    assert verdict.looked_at > 5


def test_a_new_file_is_looked_at_too() -> None:
    service = """
    import { Wallet } from './wallet';
    export class Shop {
      private opened = new Map<string, string>();
      constructor(private readonly wallet: Wallet) {}
      async enter(user: string): Promise<string> {
        const id = await this.wallet.open();
        this.opened.set(user, id);
        return id;
      }
    }
    """
    assert judged(WALLET, shop=service).accepted
    racy = service.replace("const id =", "if (this.opened.has(user)) throw new Error(user);\n        const id =")
    (reason,) = judged(WALLET, shop=racy).reasons
    assert (reason.step, reason.file) == ("verify", "src/shop.ts")


def test_a_race_is_stopped_and_its_counterexample_is_there() -> None:
    (reason,) = judged(with_method(RACY_CREDIT)).reasons
    assert reason.step == "verify" and "lost-update" in reason.message
    assert reason.finding is not None and len(reason.finding.steps) > 4


METHOD = "\n  async credit(id: string, cents: number): Promise<void> {{ {} }}\n}}\n"


@pytest.mark.parametrize(
    ("body", "step", "message"),
    [
        ("this.balances.set(id, ", "parse", ""),
        ("this.balance.set(id, cents", "parse", ""),
        ("this.accounts.set(id, cents);", "resolve", "Wallet has no member 'accounts'; it has balances, "),
        ("this.balances.put(id, cents);", "resolve", "Map has no member 'put'"),
        ("await this.ledger.record(id, cents);", "resolve", "Ledger has no member 'record'"),
        ("await save(id, cents);", "resolve", "nothing is called 'save'"),
        ("const x: Account = {}; this.balances.set(id, x);", "resolve", "nothing is called 'Account'"),
        ("{ const b = 1; } this.balances.set(id, b);", "resolve", "nothing is called 'b'"),
        ("this.balances.set(id, Math.clamp(cents, 0, 1));", "resolve", "Math has no member 'clamp'; it has "),
        ("this.balances.set(id, Promise.wait(cents));", "resolve", "Promise has no member 'wait'"),
        ("eval('this.balances.set(id, cents)');", "safety", "eval"),
        ("new Function('return 1')();", "safety", "Function"),
        ("require('child_process').execSync('id');", "safety", "starts programs"),
        ("process.exit(1);", "safety", "process"),
        ("// krepis-ignore lost-update: fine\n", "safety", "silences"),
        ("// @ts-ignore\n", "safety", "silences"),
        ("/* \u202e */", "safety", "invisible"),
    ],
)
def test_what_is_wrong_is_stopped_by_the_right_step(body: str, step: str, message: str) -> None:
    verdict = judged(with_method(METHOD.format(body)))
    assert {reason.step for reason in verdict.reasons} == {step}
    assert message in verdict.reasons[0].message


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("import { Journal } from './ledger';", "'./ledger' does not export 'Journal'"),
        ("import ledger from './ledger';", "no default export"),
        ("import { Ledger as L } from './journal';", "no file './journal'"),
        ("import _ from 'lodash-of-my-dreams';", "does not depend on 'lodash-of-my-dreams'"),
        ("import * as all from './ledger';\nexport const x = all.nothing;", "all has no member 'nothing'"),
    ],
)
def test_imports_that_do_not_exist(line: str, message: str) -> None:
    verdict = judged(f"{line}\n{WALLET}")
    assert [reason.step for reason in verdict.reasons] == ["resolve"]
    assert message in verdict.reasons[0].message.replace("./ledger does", "'./ledger' does")


def test_re_exports_namespaces_and_inherited_members_exist() -> None:
    barrel = "export * from './ledger';\nexport { Wallet as Purse } from './wallet';\n"
    user = """
    import * as all from './barrel';
    import { EMPTY, Purse, type Entry } from './barrel';
    class Big extends Purse { double(id: string): number { return this.balance(id) * 2; } }
    export function f({ id, cents: n = 0 }: Entry, ...rest: Big[]): number {
      for (const [k, v] of Object.entries(all.EMPTY)) { if (k === id && v) return n; }
      try { return rest[0]?.double(EMPTY.id) ?? 0; } catch (e) { throw new Error(String(e)); }
    }
    type Keys<T> = { [K in keyof T as `${string & K}`]: T[K] extends (infer U)[] ? U : never };
    export const g = <T,>(x: T, pair: [first: Keys<T>, second: T]) => ({ x, pair });
    """
    assert judged(WALLET, barrel=barrel, user=user).reasons == ()


def test_what_was_wrong_before_is_not_the_suggestions_fault() -> None:
    old = {**PROGRAM, "src/wallet.ts": WALLET.replace("'./ledger'", "'./elsewhere'") + "\nnotThere();\n"}
    new = {**old, "src/wallet.ts": old["src/wallet.ts"].replace("?? 0", "?? 0 + 0")}
    assert check(files(old), files(new), OPTIONS).accepted


def test_nothing_and_less_than_nothing() -> None:
    assert check(files(PROGRAM), files(PROGRAM), OPTIONS).reasons[0].message == "it changes nothing"
    less = files({"src/wallet.ts": WALLET + "\n"})
    assert check(files(PROGRAM), less, OPTIONS).reasons[0].message == "it deletes a file"


def test_a_text_that_is_nested_too_deeply_or_too_long_is_stopped() -> None:
    assert (
        judged(WALLET + "export const deep = " + "(" * 20_000 + "1" + ")" * 20_000 + ";\n").reasons[0].step == "parse"
    )
    assert judged(WALLET + "// " + "x" * 300_000).reasons[0].step == "safety"


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
def test_nothing_that_is_accepted_has_a_finding_or_a_syntax_error(data: st.DataObject) -> None:
    """Pieces of the program cut out and put elsewhere: whatever passes is right, by the verifier's own word."""
    from krepis.server.index import parsed
    from krepis.twin.typescript.verify import verify

    whole = with_method(data.draw(st.sampled_from([SAFE_CREDIT, RACY_CREDIT])))
    lines = whole.splitlines(keepends=True)
    for _ in range(data.draw(st.integers(0, 2))):
        at, to = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        lines.insert(to, lines.pop(at))
    text = "".join(lines)
    verdict = judged(text)
    if verdict.accepted:
        assert not parsed(text, "src/wallet.ts").tree.root_node.has_error
        report = verify(files({**PROGRAM, "src/wallet.ts": text}), OPTIONS)
        assert not [f for f in report.findings if f.severity in ("error", "warning")]


def test_the_ledger_is_as_the_tests_think() -> None:
    assert check(files({}), files({"src/ledger.ts": LEDGER}), OPTIONS).accepted
