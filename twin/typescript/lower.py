"""TypeScript text to a `ModuleCode`: names, types, and one Python function per function.

Strategy: parse, analyse scopes in one pass, then write each function's Python text on its own, so that
nesting of functions costs no recursion.  Text is compiled when a function is first called.

Rules: never raises.  Syntax errors, and functions that nest too deeply, are in `problems`; the rest of the
module is lowered all the same.  Hostile text cannot reach Python: see `lowering/_emit.py`.
"""

from __future__ import annotations

from krepis.twin.typescript.code import ModuleCode, unsupported_source
from krepis.twin.typescript.lowering._bodies import function_source
from krepis.twin.typescript.lowering._conditions import attach_conditions, with_conditions
from krepis.twin.typescript.lowering._emit import Gen, TooDeepError
from krepis.twin.typescript.lowering._expr import EXPRESSIONS
from krepis.twin.typescript.lowering._scope import Analysis, FnInfo
from krepis.twin.typescript.lowering._stmt import STATEMENTS
from krepis.twin.typescript.lowering._walk import analyse
from krepis.twin.typescript.syntax import Syntax, parse, scan_module

INTERNAL_ERROR = "internal error in the front end"


def lower_module(text: str, path: str) -> ModuleCode:
    """Lower one module.  `path` selects the dialect by its suffix and names the module in messages."""
    syntax = parse(with_conditions(text, path), path)
    if isinstance(syntax, str):
        return _nothing(path, syntax)
    try:
        return _lower(syntax, ModuleCode(path, syntax.source, uses_async=scan_module(text)))
    except Exception as error:
        return _nothing(path, f"{INTERNAL_ERROR}: {type(error).__name__}: {error}")


def _nothing(path: str, problem: str) -> ModuleCode:
    """A module without content that says why."""
    syntax = parse("", path)
    assert isinstance(syntax, Syntax)
    module = _lower(syntax, ModuleCode(path))
    module.note(0, problem, "unsupported")
    return module


def _lower(syntax: Syntax, module: ModuleCode) -> ModuleCode:
    analysis = analyse(syntax, module)
    type_numbers: dict[str, int] = {}
    for info in analysis.infos:
        _write(analysis, info, type_numbers)
    analysis.release()
    attach_conditions(module)
    module.problems.sort()
    return module


def _write(analysis: Analysis, info: FnInfo, type_numbers: dict[str, int]) -> None:
    code = info.code
    try:
        code.source = function_source(Gen(analysis, info, type_numbers, EXPRESSIONS, STATEMENTS))
    except (TooDeepError, RecursionError):
        message = f"{code.name} is too deeply nested to be executed"
        code.module.note(code.start, message, "unsupported")
        code.source = unsupported_source(
            code.module.lines.line(code.start), message, yields=code.is_async or code.is_generator
        )
