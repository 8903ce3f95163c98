"""The facts of one file, as lines of text: `kind qualified` for symbols, `source kind target where` for relations."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from krepis.server.index import Edit, Facts, edited, facts, parsed

WALLET = """\
import { Ledger as Book, audit } from './ledger';
import * as pg from 'pg';

const cache = new Map<string, number>();
let hits = 0;

/**
 * Money of one user. Second sentence.
 * @invariant balance >= 0
 * @see other
 */
@Controller('wallets')
export class Wallet extends Base<X> implements Account {
  private readonly balances = new Map<string, number>();
  #lock = new Mutex();
  constructor(private readonly ledger: Book) {}

  /** @ai-summary adds money
   *  to an account
   * @guarded-by #lock */
  @Post(':id/credit')
  async credit(id: string, amount: number): Promise<void> {
    await this.#lock.runExclusive(async () => {
      const before = this.balances.get(id) ?? 0;
      this.balances.set(id, before + amount);
      await this.ledger.transfer(id);
      this.check();
    });
    hits += 1;
  }
  check() { return cache.get('x'); }
}
export const helper = async (hits: number) => { hits += 1; await audit(hits); pg.connect(); };
app.get('/wallets/:id', auth, async (req, res) => { res.json(await helper(1)); });
"""


def shown(found: Facts) -> tuple[set[str], set[str]]:
    symbols = {f"{symbol.kind} {symbol.qualified}".strip() for symbol in found.symbols}
    relations = {f"{r.source} {r.kind} {r.target} {r.where}".strip() for r in found.relations}
    return symbols, relations


def test_symbols_have_kinds_and_containers() -> None:
    symbols, _ = shown(facts(WALLET, "src/wallet.ts"))
    assert symbols == {
        "module", "variable cache", "variable hits", "class Wallet", "field Wallet.balances", "field Wallet.#lock",
        "method Wallet.constructor", "method Wallet.credit", "method Wallet.check", "function helper",
        "route GET /wallets/:id",
    }  # fmt: skip


@pytest.mark.parametrize(
    "relation",
    [
        "imports Ledger ./ledger",
        "imports pg pg",
        "defines Wallet #Wallet",
        "Wallet defines credit #Wallet.credit",
        "Wallet extends Base",
        "Wallet implements Account",
        "Wallet has-implementation Account",
        "Wallet.credit has-implementation credit .Account",
        "Wallet.credit calls transfer .Ledger",
        "Wallet.credit awaits transfer .Ledger",
        "Wallet.credit awaits runExclusive .Mutex",
        "Wallet.credit calls check #Wallet.check",
        "Wallet.credit locks #lock #Wallet.#lock",
        "Wallet.credit reads balances #Wallet.balances",
        "Wallet.credit writes balances #Wallet.balances",
        "Wallet.credit writes hits #hits",
        "Wallet.credit handles-route POST /wallets/:id/credit",
        "Wallet.check reads cache #cache",
        "helper calls audit ./ledger",
        "helper calls connect pg",
        "GET /wallets/:id handles-route auth",
        "GET /wallets/:id awaits helper #helper",
    ],
)
def test_relation(relation: str) -> None:
    assert relation in shown(facts(WALLET, "src/wallet.ts"))[1]


def test_a_parameter_hides_a_module_variable() -> None:
    relations = shown(facts(WALLET, "src/wallet.ts"))[1]
    assert not {"helper writes hits #hits", "helper reads hits #hits"} & relations


def test_jsdoc_wins_over_shadow_tags_and_is_missing_nowhere() -> None:
    found = {symbol.qualified: symbol for symbol in facts(WALLET, "src/wallet.ts").symbols}
    assert found["Wallet"].summary == "Money of one user"
    assert found["Wallet"].tags == (("invariant", "balance >= 0"),)
    assert found["Wallet.credit"].summary == "adds money to an account"
    assert found["Wallet.credit"].locks == ("#lock",)
    assert found["Wallet.credit"].effects == ("transfer",)
    assert found["Wallet.credit"].shared == ("Wallet.balances", "hits", "Wallet.#lock")
    assert found["helper"].summary == "helper; awaits audit"
    assert all(symbol.summary for symbol in found.values())
    assert found["Wallet.credit"].is_async and found["helper"].is_async and not found["Wallet.check"].is_async
    assert found["Wallet.credit"].signature == "async credit(id: string, amount: number): Promise<void>"


def test_positions_are_in_utf16_units_after_astral_characters() -> None:
    text = "const a = '😀'; function f() {}\r\nfunction g() {}"
    found = {symbol.name: symbol for symbol in facts(text, "a.ts").symbols}
    assert found["f"].selection == (1, 26, 1, 27)
    assert found["g"].selection == (2, 10, 2, 11)


def test_overloads_keep_their_own_names() -> None:
    text = "function f(a: string): void;\nfunction f(a: number): void;\nfunction f(a: unknown) {}"
    assert [symbol.qualified for symbol in facts(text, "a.ts").symbols] == ["", "f", "f~2", "f~3"]


TOKENS = [
    "class A ",
    "{",
    "}",
    "(",
    ")",
    "async f() ",
    "this.x = 1;",
    "await g();",
    "/** d */",
    "\n",
    "😀",
    "let x = 2;",
    "x++",
]


@given(st.lists(st.sampled_from(TOKENS), max_size=30))
@settings(max_examples=150, deadline=None)
def test_any_text_has_facts(tokens: list[str]) -> None:
    found = facts("".join(tokens), "a.ts")
    names = [symbol.qualified for symbol in found.symbols]
    assert len(set(names)) == len(names)
    assert {relation.source for relation in found.relations} <= set(names)


PLACES = ["const before", "this.check()", "hits += 1;", "return cache", "await audit"]
STATEMENTS = ["hits++;", "await this.ledger.move('😀');", "this.check(); ", "if (hits) { fetch('x'); }"]


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(STATEMENTS)), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_an_incremental_parse_gives_the_facts_of_a_fresh_one(edits: list[tuple[str, str]]) -> None:
    """Of code that can be parsed; where it cannot, tree-sitter may recover from an error in another way."""
    text = WALLET
    tree = parsed(text, "a.ts")
    for place, statement in edits:
        start = text.index(place)
        changed = text[:start] + statement + text[start:]
        tree = edited(tree, changed, [_edit(text, changed, start, start)])
        text = changed
        assert not facts(text, "a.ts").problem
        assert facts(text, "a.ts", tree) == facts(text, "a.ts")


def _edit(old: str, new: str, start: int, end: int) -> Edit:
    new_end = end + len(new) - len(old)

    def at(text: str, offset: int) -> tuple[int, tuple[int, int]]:
        before = text[:offset].encode()
        return len(before), (before.count(b"\n"), len(before) - before.rfind(b"\n") - 1)

    (start_byte, start_point), (old_end, old_point), (new_end_byte, new_point) = (
        at(old, start),
        at(old, end),
        at(new, new_end),
    )
    return Edit(start_byte, old_end, new_end_byte, start_point, old_point, new_point)
