"""Where the grammar reads a program in another way than the language."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from krepis.twin.typescript.syntax import Syntax, parse
from tree_sitter import Node

OPERATORS = ("+", "<", "<=", "===", "&&", "||", "??", "in", "instanceof")
PREFIXES = ("!", "-", "typeof ", "void ", "await ", "await !", "delete ")
SUFFIXES = (".b", "[0]", "(x)", ".c(y)", "")


def extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """An operand with assertions, `a!.b!`, and what can be made of operands."""
    operand = st.one_of(st.sampled_from("abc"), inner.map(lambda e: f"({e})"))
    asserted = st.tuples(
        operand, st.lists(st.tuples(st.sampled_from(("!", "")), st.sampled_from(SUFFIXES)), max_size=3)
    )
    chain = asserted.map(lambda parts: parts[0] + "".join(mark + suffix for mark, suffix in parts[1]))
    return st.one_of(
        chain,
        st.tuples(st.sampled_from(PREFIXES), chain).map("".join),
        st.tuples(inner, st.sampled_from(OPERATORS), chain).map(lambda e: f"{e[0]} {e[1]} {e[2]}"),
        st.tuples(chain, inner, chain).map(lambda e: f"{e[0]} ? {e[1]} : {e[2]}"),
        chain.map(lambda e: f"`${{1 + {e}}}`"),
    )


EXPRESSIONS = st.recursive(st.sampled_from("abc"), extend, max_leaves=8)


def shape(node: Node) -> object:
    """A tree without its assertions and their marks."""
    if node.type == "non_null_expression":
        return shape(node.named_children[0])
    return node.type, tuple(shape(child) for child in node.children)


def tree_of(text: str) -> object:
    parsed = parse(f"async function f() {{ x = {text}; }}", "a.ts")
    assert isinstance(parsed, Syntax)
    assert not parsed.root.has_error
    return shape(parsed.root)


@given(EXPRESSIONS)
def test_an_assertion_belongs_to_its_operand(text: str) -> None:
    bare = "".join(
        " " if c == "!" and text[at - 1 : at] in ("a", "b", "c", ")", "]") else c for at, c in enumerate(text)
    )
    assert tree_of(text) == tree_of(bare), text
