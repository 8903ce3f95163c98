"""Escaping, roles, code frames and rules: what all renderers share."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from krepis.twin.findings import KINDS, RULES
from krepis.twin.report import RULE_OF, split_lines, visible
from krepis.twin.report._frame import frames_of, utf16_index
from krepis.twin.report._timeline import Roles, phrase, roles_of, tasks_of
from report_sample import DEADLOCK, LOST_UPDATE, sources, step


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 語 😀 👩‍💻", "plain ü 語 😀 👩‍💻"),
        ("a\tb", "a    b"),
        ("\x1b[31m\x07", "\\x1b[31m\\x07"),
        ("\x9b2J", "\\x9b2J"),
        ("a\u202eb\u2066c", "a\\u202eb\\u2066c"),
        ("\ud83d", "\\ud83d"),
        ("a(\r\n    b,\n)", "a( b, )"),
        ("\u2028\x0b\x85", "\\u2028\\x0b\\x85"),
        ("\ufeff\uffff\U0001fffe", "\\ufeff\\uffff\\u{1fffe}"),
        ("\U000e0041", "\\u{e0041}"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters(exclude_categories=())))
def test_visible_text_is_printable_and_stays_so(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    shown.encode("utf-8")  # raises on lone surrogates
    assert not any(character < " " or "\x7f" <= character < "\xa0" for character in shown)


def test_roles_of_a_lost_update() -> None:
    assert roles_of(LOST_UPDATE) == Roles(stale_read=1, foreign_write=7, act=10)


def test_roles_prefer_the_state_that_was_read() -> None:
    steps = (
        step("A", 7, "read", "this.total"),
        step("A", 7, "read", "this.other"),
        step("B", 9, "write", "this.total"),
        step("B", 9, "write", "this.log"),
        step("A", 12, "write", "this.total"),
    )
    assert roles_of(replace(LOST_UPDATE, steps=steps)) == Roles(0, 2, 4)


def test_roles_of_an_effect_on_another_location() -> None:
    steps = (
        step("A", 7, "read", "users[email]"),
        step("B", 7, "read", "users[email]"),
        step("B", 12, "effect", "insert into users"),
        step("A", 12, "effect", "insert into users"),
    )
    assert roles_of(replace(LOST_UPDATE, steps=steps)) == Roles(0, 2, 3)


def test_roles_without_a_foreign_write_or_outside_races() -> None:
    assert roles_of(replace(LOST_UPDATE, steps=LOST_UPDATE.steps[9:11])) == Roles(act=1)
    assert roles_of(DEADLOCK) == Roles(act=3)
    assert roles_of(replace(LOST_UPDATE, steps=())) == Roles()


def test_tasks_are_in_order_with_their_first_call() -> None:
    steps = (
        step("B", 1, "read", "x"),
        replace(step("A", 1, "read", "x"), call=""),
        step("A", 1, "read", "x"),
    )
    assert [(task.name, task.call) for task in tasks_of(steps)] == [
        ("A", "credit(id, amount)"),
        ("B", "credit(id, amount)"),
    ]


@pytest.mark.parametrize(
    ("action", "what", "value", "text"),
    [
        ("read", "x", "x0", "reads x = x0"),
        ("write", "x", "", "writes x"),
        ("return", "", "7", "returns 7"),
        ("return", "", "", "returns"),
        ("throw", "", "RangeError", "throws RangeError"),
        ("await", "lock", "held by B", "awaits lock (held by B)"),
    ],
)
def test_phrase(action: str, what: str, value: str, text: str) -> None:
    assert phrase(step("A", 1, action, what, value)) == text


def test_phrases_of_minified_code_are_cut() -> None:
    assert phrase(step("A", 1, "read", "x" * 10_000, "y")) == f"reads {'x' * 159}… = y"


@pytest.mark.parametrize(
    ("text", "column", "index"),
    [("abc", 1, 0), ("abc", 3, 2), ("abc", 4, 3), ("abc", 99, 3), ("😀b", 3, 1), ("😀b", 2, 1), ("", 1, 0)],
)
def test_utf16_index(text: str, column: int, index: int) -> None:
    assert utf16_index(text, column) == index


def test_lines_end_where_the_parser_ends_them() -> None:
    assert split_lines("a\r\nb\u2028c\rd\n") == ["a", "b\u2028c\rd", ""]


def test_frames_elide_what_lies_between_and_include_other_files() -> None:
    steps = (
        step("A", 7, "read", "this.balances[id]"),
        step("B", 2, "write", "this.balances[id]", file="src/transfer.ts"),
        step("A", 12, "write", "this.balances[id]"),
    )
    own, other = frames_of(replace(LOST_UPDATE, steps=steps), sources)
    assert (own.file, other.file) == ("src/wallet.ts", "src/transfer.ts")
    assert [line.number for line in own.lines] == [6, 7, 8, 9, 10, 11, 12, 13]
    assert [line.number for line in other.lines] == [1, 2, 3]
    steps = (step("A", 1, "read", "x"), step("B", 1, "write", "x"), step("A", 12, "write", "x"))
    (frame,) = frames_of(replace(LOST_UPDATE, steps=steps), sources)
    assert [(line.number, line.gap) for line in frame.lines] == [
        (1, False), (2, False), (11, True), (12, False), (13, False),
    ]  # fmt: skip


def test_every_kind_has_a_rule_with_a_page() -> None:
    assert list(RULE_OF) == list(KINDS)
    for kind, rule in RULE_OF.items():
        assert rule.code == RULES[kind]
        assert rule.code.endswith(f"/{kind}")
        assert rule.help_uri.endswith(f"/{kind}.md")
