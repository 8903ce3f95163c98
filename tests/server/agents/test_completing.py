"""Completions: cut to a whole piece, only names that exist, no race, and found again while somebody types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from krepis.server.agents.complete import Memory, Place, Suggestion, beginnings, complete, is_wanted, similar
from krepis.server.agents.messages import Cancellation, Infill
from krepis.server.index import facts
from krepis.server.store import Store
from krepis.twin.options import SourceFile
from programs import LEDGER, OPTIONS, ROOT, WALLET, files
from recorded import Recorded

PATH = ROOT / "src/wallet.ts"
HEAD = WALLET.rstrip().removesuffix("}") + "\n  async credit(id: string, cents: number): Promise<void> {\n"


def place(marked: str) -> Place:
    return Place(SourceFile("src/wallet.ts", PATH), marked.replace("|", "", 1), marked.index("|"))


def suggested(marked: str, answer: str) -> tuple[Suggestion | None, Recorded]:
    source = Recorded([answer])
    where = place(marked)
    program = files({"src/wallet.ts": where.text, "src/ledger.ts": LEDGER})
    return complete(where, program, OPTIONS, source, Cancellation()), source


def asked(source: Recorded) -> Infill:
    prompt = source.asked[0].prompt
    assert isinstance(prompt, Infill)
    return prompt


def test_a_statement_that_is_right_is_suggested_and_verified() -> None:
    found, source = suggested(HEAD + "    await this.ledger.note(id, cents);\n    |\n  }\n}\n",
                              "this.balances.set(id, this.balance(id) + cents);\n  }\n  more()")  # fmt: skip
    assert found == Suggestion("this.balances.set(id, this.balance(id) + cents);", True)
    assert "note(id: string, cents: number): Promise<void>" in asked(source).prefix
    assert asked(source).suffix == "\n  }\n}\n"


def test_a_statement_that_adds_a_race_is_not_suggested() -> None:
    body = "    const old = this.balance(id);\n    await this.ledger.note(id, cents);\n    |\n  }\n}\n"
    assert suggested(HEAD + body, "this.balances.set(id, old + cents);\n")[0] is None


@pytest.mark.parametrize("answer", ["this.accounts.set(id, 1);\n", "launch(id);\n", "eval(id);\n", "((", "", "\n\n"])
def test_what_does_not_exist_or_does_not_parse_is_not_suggested(answer: str) -> None:
    assert suggested(HEAD + "    |\n  }\n}\n", answer)[0] is None


def test_after_a_known_receiver_only_its_members_can_be_written() -> None:
    _, source = suggested(HEAD + "    await this.ledger.|\n  }\n}\n", "note(id, cents);\n")
    assert source.asked[0].grammar.startswith('root ::= ("note")')
    _, source = suggested(HEAD + "    this.balances.se|\n  }\n}\n", "t(id, cents);\n")
    assert source.asked[0].grammar.startswith('root ::= ("t")')
    _, source = suggested(HEAD + "    unknown.|\n  }\n}\n", "x;\n")
    assert source.asked[0].grammar == ""


@pytest.mark.parametrize(
    ("marked", "answer", "expected"),
    [
        ("const a = |;\n", "f(1, [2]) + 3;\nmore", ["f(1, [2]) + 3"]),
        ("f(|)\n", "1, 2)\nmore", ["1, 2"]),
        ("|\n", "if (x) {\n  y();\n}\nz();", ["if (x) {\n  y();\n}"]),
        ("|\n", "const s = '}'; // )\nz();", ["const s = '}'; // )"]),
        ("{\n  |\n  done();\n}\n", "if (x) {\n    done();\n  done();", []),
        ("|\n", "if (x) {\n", []),
        ("|\n", "a();\n", ["a();"]),
    ],
)
def test_an_answer_is_cut_to_a_whole_piece(marked: str, answer: str, expected: list[str]) -> None:
    found = beginnings(answer, place(marked))
    assert list(found) in (expected, [e + ";" for e in expected if e.startswith("f(1")])


def test_the_project_s_own_similar_function_is_shown() -> None:
    other = (
        "export class Cards {\n  private n = 0;\n  async debitCard(): Promise<void> {\n    this.n -= 1;\n  }\n"
        "  async creditCard(id: string): Promise<void> {\n    if (id) {\n      this.n += 1;\n    }\n  }\n}\n"
    )
    found = similar(place(HEAD + "    |\n  }\n}\n"), files({"src/cards.ts": other, "src/wallet.ts": WALLET}), ROOT)
    assert found.startswith("// similar, in src/cards.ts:\n//   async creditCard(id: string)")
    assert "this.n += 1" in found and "this.n -= 1" not in found and found.endswith("//   }\n")
    assert similar(place("const a = |;\n"), files({"src/cards.ts": other}), ROOT) == ""


def test_where_there_is_an_index_what_is_similar_is_found_by_meaning(tmp_path: Path) -> None:
    said = "/** Puts cents on a card: a credit. */\nexport async function deposit(card: string, cents: number) {}\n"
    other = "export async function creditless(a: number) {}\n"
    for name, text in {"src/money.ts": said, "src/other.ts": other}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with Store.open(tmp_path / ".krepis/index") as store:
        store.update({name: facts((tmp_path / name).read_text(), name) for name in ("src/money.ts", "src/other.ts")})
        store.refresh()
    where = place(HEAD + "    |\n  }\n}\n")
    found = similar(where, (), tmp_path)
    assert found.startswith("// similar, in src/money.ts:\n// ") and "async function deposit(card" in found


def test_nothing_is_suggested_inside_of_a_line_unless_asked() -> None:
    assert is_wanted(place("f(|);\n"), False)
    assert not is_wanted(place("f(|, something.long);\n"), False)
    assert is_wanted(place("f(|, something.long);\n"), True)
    assert not is_wanted(place("|\n"), True)


def test_an_answer_is_found_again_while_it_is_typed() -> None:
    memory = Memory()
    memory.put(place("a|\n"), Suggestion("bcd", True))
    memory.put(place("x|\n"), None)
    assert memory.get(place("ab|\n")) == Suggestion("cd", True)
    assert memory.get(place("a|\n")) == Suggestion("bcd", True)
    assert memory.get(place("x|\n")) is None
    for unknown in ("ac|\n", "abcd|\n", "ab|\nother", "xy|\n"):
        with pytest.raises(KeyError):
            memory.get(place(unknown))
