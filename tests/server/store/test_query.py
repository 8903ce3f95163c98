"""Questions, from their words to the answer of the real command."""

from __future__ import annotations

import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from krepis.server.store.classify import Exact, Fuzzy, Prefix, Question, Relational, classify

SOURCES = {
    "ledger.ts": "export interface Ledger { post(cents: number): Promise<void> }\n"
    "export class SqlLedger implements Ledger {\n"
    "  /** Moves money between accounts. */\n  async post(cents: number) { await insert(cents); }\n}\n",
    "wallet.ts": "import { SqlLedger } from './ledger';\n"
    "export async function transfer(ledger: SqlLedger) { await ledger.post(1); }\n"
    "app.post('/transfers', async (req) => { await transfer(req.ledger); });\n",
}


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("who calls transfer", Relational("calls", "in", "transfer", 1)),
        ("Who calls `Wallet.credit`?", Relational("calls", "in", "Wallet.credit", 1)),
        ("callers of transfer", Relational("calls", "in", "transfer", 1)),
        ("what does checkout call", Relational("calls", "out", "checkout", 1)),
        ("what does checkout await?", Relational("awaits", "out", "checkout", 1)),
        ("who indirectly calls charge", Relational("calls", "in", "charge", 3)),
        ("which functions write balances", Relational("writes", "in", "balances", 1)),
        ("implementations of Ledger", Relational("has-implementation", "out", "Ledger", 1)),
        ("what handles GET /users/:id", Relational("handles-route", "in", "GET /users/:id", 1)),
        ("pay*", Prefix("pay")),
        ("who calls the payment provider twice", Fuzzy("who calls the payment provider twice")),
        ("transfer", Fuzzy("transfer")),
    ],
)
def test_classify(text: str, question: Question) -> None:
    assert classify(text, known=False) == question


def test_a_known_name_is_exact() -> None:
    assert classify("who", known=True) == Exact("who")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for name, text in SOURCES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def krepis(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "krepis"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def test_the_same_answers_before_and_after_the_index_is_refreshed(workspace: Path) -> None:
    for _ in range(2):
        calls = json.loads(krepis(workspace, "query", "--json", "who calls post").stdout)
        assert calls["tier"] == "relations"
        assert [edge["source"] for edge in calls["relations"]] == [{"file": "wallet.ts", "name": "transfer"}]
        deep = json.loads(krepis(workspace, "query", "--json", "who indirectly calls post").stdout)
        assert {(node["name"], node["steps"]) for node in deep["reached"]} == {("transfer", 1), ("POST /transfers", 2)}
        fuzzy = json.loads(krepis(workspace, "query", "--json", "move money between accounts").stdout)
        assert fuzzy["tier"] == "meaning" and fuzzy["symbols"][0]["qualified"] == "SqlLedger.post"
        found = krepis(workspace, "query", "implementations of Ledger")
        assert found.stdout.startswith("ledger.ts#Ledger has-implementation ledger.ts#SqlLedger")
        done = krepis(workspace, "index", "--json")
        assert json.loads(done.stdout)["files"] == 2


def test_an_edit_is_seen_at_once(workspace: Path) -> None:
    krepis(workspace, "index")
    (workspace / "wallet.ts").write_text("export function refund() { transfer(); }")
    assert krepis(workspace, "query", "refund").returncode == 0
    missing = krepis(workspace, "query", "who calls post")
    assert missing.returncode == 1 and missing.stdout == "" and "Nothing found" in missing.stderr


def test_modes_say_signatures_or_bodies(workspace: Path) -> None:
    caller = krepis(workspace, "query", "SqlLedger.post").stdout
    assert (
        "async post(cents: number)" in caller and "Moves money between accounts." in caller and "insert" not in caller
    )
    assert "await insert(cents);" in krepis(workspace, "query", "SqlLedger.post", "--mode", "implementer").stdout


class Page(HTMLParser):
    """Collects what a page would load, and its table."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [name for name, _ in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.cells.append(data)


def test_graphs(workspace: Path) -> None:
    dot = krepis(workspace, "graph", "transfer", "--format", "dot").stdout
    assert dot.startswith("digraph") and dot.count("->") == 3
    assert "flowchart LR" in krepis(workspace, "graph", "transfer", "--format", "mermaid").stdout
    said = json.loads(krepis(workspace, "graph", "transfer", "--json").stdout)
    ends = {(said["nodes"][e["source"]]["name"], said["nodes"][e["target"]]["name"]) for e in said["edges"]}
    assert len(ends) == 3 and ("transfer", "SqlLedger.post") in ends
    page = Page()
    page.feed(krepis(workspace, "graph", "transfer").stdout)
    assert page.loads == [] and "SqlLedger.post\nledger.ts" in page.cells
    missing = krepis(workspace, "graph", "nobody")
    assert missing.returncode == 1 and "Nothing is known around 'nobody'" in missing.stderr


def test_names_from_a_hostile_workspace_stay_text(workspace: Path) -> None:
    (workspace / "evil.ts").write_text("app.get('/<script>alert(1)</script>\\u0022]', async () => { transfer(); });")
    for form in ("html", "mermaid"):
        assert "<script" not in krepis(workspace, "graph", "transfer", "--format", form).stdout


def test_an_index_that_cannot_be_made_is_said(workspace: Path) -> None:
    (workspace / ".krepis").mkdir()
    (workspace / ".krepis" / "index").write_text("in the way")
    failed = krepis(workspace, "query", "transfer")
    assert failed.returncode == 3 and "cannot make an index" in failed.stderr and "Traceback" not in failed.stderr
