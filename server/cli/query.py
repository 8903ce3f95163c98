"""`krepis query`: a question in words, a name or a name with `*`, answered by the tier that it is for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import click
from krepis.server.cli.index import FAILURE, opened, reported, updated
from krepis.server.store import Hit, Node, Store
from krepis.server.store.answer import DEFAULT_LIMIT, Answer, ask, body
from krepis.server.store.classify import TIERS, Relational
from krepis.twin.report import visible

Mode = Literal["caller", "implementer"]


@click.command(short_help="Ask for symbols, relations or code that does something.")
@click.argument("question")
@click.option(
    "--mode",
    type=click.Choice(["caller", "implementer"]),
    default="caller",
    show_default=True,
    help="Signatures and summaries, or bodies too.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), default=DEFAULT_LIMIT, show_default=True, metavar="N", help="Most results."
)
@click.option("--workspace", default="default", show_default=True, metavar="NAME", help="Which index of this folder.")
@click.option("--no-update", is_flag=True, help="Ask the index as it is, without looking at the files.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def query(question: str, mode: Mode, limit: int, workspace: str, no_update: bool, as_json: bool) -> int:
    """Ask for symbols, relations or code that does something.

    QUESTION is a name (transfer, Wallet.credit), the start of one (trans*), a relation ("who calls transfer",
    "what does checkout await", "implementations of Ledger", "who indirectly calls charge"), or what some code does
    ("reserve stock before payment").

    \b
    krepis query "who calls transfer"
    krepis query 'trans*' --json
    krepis query "reserve stock before payment"

    Exit status: 0 answered; 1 nothing found; 2 wrong usage or configuration; 3 the index cannot be read or written.
    """
    with reported():
        root, store = opened(workspace)
        with store:
            if not no_update:
                updated(store, None)
            answer = ask(store, question, limit)
            if as_json:
                click.echo(json.dumps(_document(store, question, answer, mode, root), ensure_ascii=False, indent=1))
            else:
                for line in _lines(store, answer, mode, root):
                    click.echo(visible(line))
        return 0 if answer.symbols or answer.edges or answer.reached else 1
    return FAILURE


def _lines(store: Store, answer: Answer, mode: Mode, root: Path) -> Iterator[str]:
    for hit in answer.symbols:
        symbol = hit.symbol
        yield f"{hit.path}:{symbol.selection[0]}:{symbol.selection[1]} {symbol.kind} {symbol.qualified or symbol.name}"
        yield f"    {symbol.signature}"
        if symbol.summary:
            yield f"    {symbol.summary}"
        if mode == "implementer":
            yield from (f"    | {line}" for line in body(hit, root).splitlines())
    for edge in answer.edges:
        yield f"{_place(edge.source)} {edge.kind} {_place(edge.target)} (line {edge.line})"
    for node, depth in answer.reached:
        yield f"{'  ' * (depth - 1)}{_place(node)}"
    if not (answer.symbols or answer.edges or answer.reached):
        click.echo("Nothing found.", err=True)


def _place(node: Node) -> str:
    return f"{node.path}#{node.qualified}" if node.path else node.qualified


def _document(store: Store, text: str, answer: Answer, mode: Mode, root: Path) -> dict[str, Any]:
    question = answer.question
    document: dict[str, Any] = {"version": 1, "question": text, "tier": TIERS[type(question)]}
    if isinstance(question, Relational):
        document |= {"relation": question.kind, "direction": question.direction, "name": question.name}
        document["relations"] = [
            {"kind": edge.kind, "source": _node(edge.source), "target": _node(edge.target), "line": edge.line}
            for edge in answer.edges
        ]
        document["reached"] = [_node(node) | {"steps": steps} for node, steps in answer.reached]
    else:
        found = [_symbol(hit, mode, root) for hit in answer.symbols]
        for entry, score in zip(found, answer.scores, strict=False):
            entry["score"] = round(score, 4)
        document["symbols"] = found
    return document


def _node(node: Node) -> dict[str, Any]:
    return {"file": node.path or None, "name": node.qualified}


def _symbol(hit: Hit, mode: Mode, root: Path) -> dict[str, Any]:
    symbol = hit.symbol
    line, column, end_line, end_column = symbol.span
    entry: dict[str, Any] = {
        "name": symbol.name, "qualified": symbol.qualified, "kind": symbol.kind, "container": symbol.container or None,
        "file": hit.path, "line": line, "column": column, "end_line": end_line, "end_column": end_column,
        "signature": symbol.signature, "summary": symbol.summary, "exported": symbol.exported, "async": symbol.is_async,
        "doc": symbol.doc, "tags": [list(tag) for tag in symbol.tags],
        "effects": list(symbol.effects), "shared": list(symbol.shared), "locks": list(symbol.locks),
    }  # fmt: skip
    if mode == "implementer":
        entry["body"] = body(hit, root)
    return entry
