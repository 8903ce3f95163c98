"""First pass: what to do with each kind of node."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from krepis.twin.typescript.code import ModuleCode
from krepis.twin.typescript.lowering._declarations import (
    alias,
    ambient,
    assignment,
    augmented,
    await_,
    block,
    call,
    catch,
    enum,
    for_in,
    interface,
    jsx_opening,
    literal,
    namespace,
    own_scope,
    pair,
    switch_body,
    template,
    update,
    variables,
)
from krepis.twin.typescript.lowering._functions import (
    class_,
    function_declaration,
    function_value,
    object_method,
)
from krepis.twin.typescript.lowering._modules import export, import_, import_alias, nested_identifier
from krepis.twin.typescript.lowering._scope import LEAVES, TYPES_ONLY, Analysis, Scope
from krepis.twin.typescript.syntax import Grammar, Syntax
from tree_sitter import Node


@cache
def _handler_table(rules: Grammar) -> dict[int, Callable[[Analysis, Node, Scope], None]]:
    """What to do with a node, by the number of its kind; tokens, leaves and types need nothing."""
    return {
        number: _HANDLERS.get(kind, Analysis.descend)
        for number, kind in rules.kinds.items()
        if not kind.startswith("'") and kind not in LEAVES and (kind not in TYPES_ONLY or kind in _HANDLERS)
    }


_HANDLERS: dict[str, Callable[[Analysis, Node, Scope], None]] = {
    "identifier": Analysis.refer,
    "shorthand_property_identifier": Analysis.refer,
    "arrow_function": function_value,
    "function_expression": function_value,
    "generator_function": function_value,
    "function_declaration": function_declaration,
    "generator_function_declaration": function_declaration,
    "method_definition": object_method,
    "class": class_,
    "class_declaration": class_,
    "abstract_class_declaration": class_,
    "statement_block": block,
    "for_statement": own_scope,
    "for_in_statement": for_in,
    "switch_body": switch_body,
    "lexical_declaration": variables,
    "variable_declaration": variables,
    "catch_clause": catch,
    "enum_declaration": enum,
    "internal_module": namespace,
    "module": namespace,
    "interface_declaration": interface,
    "type_alias_declaration": alias,
    "ambient_declaration": ambient,
    "import_statement": import_,
    "import_alias": import_alias,
    "nested_identifier": nested_identifier,
    "export_statement": export,
    "assignment_expression": assignment,
    "augmented_assignment_expression": augmented,
    "update_expression": update,
    "pair": pair,
    "call_expression": call,
    "new_expression": call,
    "await_expression": await_,
    "yield_expression": await_,
    "comment": lambda a, node, scope: a.comment(node),
    "string": literal,
    "regex": literal,
    "jsx_text": literal,
    "template_string": template,
    "jsx_opening_element": jsx_opening,
    "jsx_self_closing_element": jsx_opening,
}


def analyse(syntax: Syntax, module: ModuleCode) -> Analysis:
    """Run the first pass."""
    analysis = Analysis(syntax, module)
    analysis.run(_handler_table(syntax.grammar))
    return analysis
