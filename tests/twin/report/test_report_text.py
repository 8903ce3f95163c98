"""The text report: what it shows, how it fits, and that colour and characters follow the style."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from krepis.twin.findings import Fix, Note, Report, Summary
from krepis.twin.report import Style
from krepis.twin.report.text import render, wrap
from report_sample import CLEAN, DEADLOCK, LOST_UPDATE, REPORT, sources
from rich.cells import cell_len


def test_finding_shows_frame_interleaving_and_advice() -> None:
    text = render(replace(CLEAN, findings=(LOST_UPDATE,)), sources, Style(100))
    assert text.startswith(
        """\
error[krepis/race/lost-update]: Two concurrent calls of Wallet.credit lose an update of
this.balances[id].
  --> src/wallet.ts:12:5 in Wallet.credit
   |
 6 |   async credit(id: string, amount: number): Promise<number> {
 7 |     const current = this.balances[id] ?? 0;
   |     --------------------------------------- A reads this.balances[id] = b0 (step 2)
 8 |     await audit("credit", id, amount);
 9 |     // the 😀 above is one character and two UTF-16 units
10 |
11 |     if (amount < 0) throw new RangeError("amount");
12 |     this.balances[id] = current + amount;
   |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |     A writes this.balances[id] = b0 + amountA (step 11), from what it read in step 2
   |     ------------------------------------- B writes this.balances[id] = b0 + amountB (step 8)
13 |     return this.balances[id];

  one interleaving that shows it, time downwards:
"""
    )
    assert re.search(r"^   2 ▶  7 reads this\.balances\[id\] = b0 +│$", text, re.M)
    assert re.search(r"^   8 ▶ +│ 12 writes this\.balances\[id\] = b0 \+ amountB$", text, re.M)
    assert re.search(r"^  11 ▶ 12 writes this\.balances\[id\] = b0 \+ amountA +│$", text, re.M)
    assert "\n  why: The balance is read before the await" in text
    assert "\n  verified fix: Move the read of this.balances[id] after the await\n" in text
    assert "\n  possible fix: Store the balance" in text
    assert "\n  explored: 1,204 states, 20 interleavings\n  replay: krepis replay v1:A3B6A3\n" in text


@pytest.mark.parametrize("width", [40, 48, 61, 80, 132])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    report = replace(
        REPORT,
        findings=(*REPORT.findings, replace(DEADLOCK, message="語" * 90, fixes=(Fix("x" * 300, True),))),
    )
    assert max(map(cell_len, render(report, sources, Style(width)).split("\n"))) <= width


def test_narrow_terminals_get_a_list_instead_of_columns() -> None:
    text = render(REPORT, sources, Style(48))
    assert "│" not in text
    assert re.search(r"^ 8 ▶B  12 writes this", text, re.M)


def test_three_tasks_have_three_columns() -> None:
    steps = (*LOST_UPDATE.steps[:5], replace(LOST_UPDATE.steps[4], task="C"), *LOST_UPDATE.steps[5:])
    text = render(replace(CLEAN, findings=(replace(LOST_UPDATE, steps=steps),)), sources, Style(140))
    head = next(line for line in text.split("\n") if "A: credit" in line)
    assert re.search(r"A: credit\(id, amount\) +│ B: credit\(id, amount\) +│ C: credit\(id, amount\)", head)


def test_colour_changes_nothing_but_colour() -> None:
    plain = render(REPORT, sources, Style(90, color=False))
    coloured = render(REPORT, sources, Style(90, color=True))
    assert "\x1b" not in plain
    assert coloured != plain
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in stripped.split("\n")] == plain.split("\n")


def test_ascii_style_is_ascii() -> None:
    text = render(replace(REPORT, notes=(Note("ü.ts", 1, "skipped", "√"),)), sources, Style(90, unicode=False))
    assert text.isascii()
    assert " | " in text


def test_a_finding_without_readable_source_or_steps_still_shows() -> None:
    text = render(replace(CLEAN, findings=(replace(LOST_UPDATE, steps=()),)), lambda _: (), Style(80))
    assert "src/wallet.ts:12:5 in Wallet.credit" in text
    assert "interleaving that shows it" not in text


def test_a_minified_line_is_clipped_around_the_finding() -> None:
    line = "a;" * 5000 + "HERE();" + "b;" * 5000
    finding = replace(LOST_UPDATE, file="min.ts", line=1, end_line=1, column=10001, end_column=10007, steps=())
    text = render(replace(CLEAN, findings=(finding,)), lambda _: (line,), Style(80))
    shown, marks = next(
        (line, marks) for line, marks in zip(text.split("\n"), text.split("\n")[1:], strict=False) if "HERE" in line
    )
    assert len(shown) <= 80
    assert marks.index("^") == shown.index("HERE")
    assert marks.count("^") == 6


def test_carets_stand_under_wide_characters_and_after_astral_ones() -> None:
    finding = replace(LOST_UPDATE, line=1, end_line=1, column=7, end_column=10, steps=())
    text = render(replace(CLEAN, findings=(finding,)), lambda _: ('"😀語"+act',), Style(80))
    # "😀語" is 5 UTF-16 units and 6 cells: the column 7 is the "a" of act
    assert '1 | "😀語"+act\n  |        ^^^' in text


def test_summary_is_honest_about_what_was_cut_off() -> None:
    partly = render(REPORT, sources, Style(200))
    assert "\nPartly verified 4 entry points in 3 files: 7 scenarios, 61 interleavings, 5,210 states" in partly
    assert "2 findings (2 errors), 1 suppressed by comment." in partly
    assert "Not covered: 1 search cut off by a bound; 1 construct outside the model; 1 syntax error." in partly
    assert render(CLEAN, sources, Style(200)) == (
        "Verified 2 entry points in 1 file: 3 scenarios, 9 interleavings, 120 states, 0.1 s.\nNo findings.\n"
    )
    nothing = render(Report(Summary(files=3)), sources, Style(200))
    assert nothing.startswith("Nothing to verify: no entry point in 3 files.")


@pytest.mark.parametrize("kind", ["bounded", "unsupported", "parse-error", "skipped"])
def test_no_note_of_missing_coverage_leaves_verified_unqualified(kind: str) -> None:
    note = Note("src/a.ts", 1, kind, "why")  # type: ignore[arg-type]
    assert "Verified" not in render(replace(CLEAN, notes=(note,)), sources, Style(200))
    assert "Verified" not in render(replace(CLEAN, failures=(note,)), sources, Style(200))


def test_a_remark_about_a_comment_is_no_gap() -> None:
    remark = Note("src/a.ts", 1, "skipped", "This krepis-ignore silences nothing.")
    assert "\nVerified 2 entry points" in render(replace(CLEAN, remarks=(remark,)), sources, Style(200))


def test_many_notes_are_counted_not_listed() -> None:
    notes = tuple(Note("src/a.ts", line, "bounded", "loop") for line in range(1, 501))
    text = render(replace(CLEAN, notes=notes), sources, Style(100))
    assert "... and 480 more; --format json lists all." in text
    assert "500 searches cut off by a bound" in text


@pytest.mark.parametrize(
    ("text", "width", "indent", "lines"),
    [
        ("", 10, 0, [""]),
        ("one two three", 7, 0, ["one two", "three"]),
        ("one two three", 7, 2, ["one two", "  three"]),
        ("abcdefghij", 4, 0, ["abcd", "efgh", "ij"]),
        ("語語語", 4, 0, ["語語", "語"]),
        (" 7 reads it", 8, 3, [" 7 reads", "   it"]),
    ],
)
def test_wrap(text: str, width: int, indent: int, lines: list[str]) -> None:
    assert wrap(text, width, indent) == lines
