"""The documentation agrees with the program."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import tree_sitter_typescript
from krepis.twin.report import RULE_OF, Rule
from tree_sitter import Language, Parser

DOCS = Path(__file__).parents[2] / "docs"


def test_what_is_generated_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec
    assert spec.loader
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    for name, text in generate.pages().items():
        assert (DOCS.parent / name).read_text(encoding="utf-8") == text, "run: python docs/generate.py"


@pytest.mark.parametrize("rule", RULE_OF.values(), ids=lambda rule: rule.kind)
def test_every_rule_has_a_page_with_examples_that_parse(rule: Rule) -> None:
    text = (DOCS / "rules" / f"{rule.kind}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {rule.title}\n\n`{rule.code}`\n")
    assert re.findall(r"^## (.*)", text, re.M) == [
        "What it reports",
        "Why it matters",
        "Example",
        "How to fix it",
        "Fixes that Krepis offers",
        "When it is right as it is",
    ]
    examples = dict(re.findall(r"^```ts (before|after)\n(.*?)^```$", text, re.M | re.S))
    assert set(examples) == {"before", "after"}
    parser = Parser(Language(tree_sitter_typescript.language_typescript()))
    for code in examples.values():
        assert not parser.parse(code.encode()).root_node.has_error


def test_links_between_pages_lead_somewhere() -> None:
    for page in DOCS.rglob("*.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
