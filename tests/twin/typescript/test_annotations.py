"""`@invariant`, `@entry` and `@per-request`: what a developer declares in JSDoc, from source text to findings.

A finding is expected on the line that ends in `// HERE`; a program without such a line must stay silent.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from krepis.twin.findings import Report
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.verify import verify

TWO_HALVES = """
    /** @invariant this.#free + this.#taken === 10 */
    export class Seats {
      #free = 10;
      #taken = 0;
      constructor(private readonly pay: () => Promise<void>) {}
      async book(): Promise<void> {
        %s
      }
      seats() { return 10; }
    }
"""
STOCK = """
    let stock = 5;
    /**
     * Takes one.
     * @invariant stock >= 0
     */
    export async function take(note: () => Promise<void>): Promise<boolean> {
      %s
      return true;
    }
"""
CART = """
    /**
     * What one request has in its basket.
     * %s
     */
    export class Cart {
      private total = 0;
      constructor(private readonly price: (sku: string) => Promise<number>) {}
      async add(sku: string): Promise<void> {
        const before = this.total;
        const price = await this.price(sku);
        this.total = before + price; %s
      }
    }
"""
COUNTER = """
    import { write } from './disk';
    let n = 0;
    %s
    async function tick(): Promise<void> {
      const before = n;
      await write(n);
      n = before + 1; %s
    }
    export const version = 1;
    export async function other(): Promise<void> {
      await write(0);
    }
"""
PROGRAMS: dict[str, tuple[str, str]] = {
    "another call looks between the halves of a change": (
        "invariant",
        TWO_HALVES % "this.#free -= 1; await this.pay(); // HERE\n this.#taken += 1;",
    ),
    "the halves of a change without an await between them": (
        "",
        TWO_HALVES % "await this.pay(); this.#free -= 1; this.#taken += 1;",
    ),
    "nobody looks between the halves while a lock is held": (
        "",
        "import { Mutex } from 'async-mutex';\nconst m = new Mutex();\n"
        + TWO_HALVES % "await m.runExclusive(async () => { this.#free -= 1; await this.pay(); this.#taken += 1; });",
    ),
    "a check that two calls pass": (
        "invariant",
        STOCK % "if (stock < 1) return false;\n await note();\n stock -= 1; // HERE",
    ),
    "a check after the wait": ("", STOCK % "await note();\n if (stock < 1) return false;\n stock -= 1;"),
    "what one call alone breaks is no matter of overlapping": ("", STOCK % "await note();\n stock -= 1;"),
    "a condition that nothing touches": (
        "",
        STOCK.replace("stock >= 0", "Number.isInteger(limit)") % "await note();\n stock -= 1;",
    ),
    "a condition of a method is about its object": (
        "invariant",
        """
        export class Pool {
          private used = 0;
          constructor(private readonly open: () => Promise<object>) {}
          /** @invariant this.used <= 3 */
          async get(): Promise<object | null> {
            if (this.used >= 3) return null;
            const c = await this.open();
            this.used += 1; // HERE
            return c;
          }
        }
        """,
    ),
    "a condition of a class holds for what extends it": (
        "invariant",
        """
        /** @invariant this.used <= 3 */
        abstract class Limited {
          protected used = 0;
        }
        export class Pool extends Limited {
          constructor(private readonly open: () => Promise<object>) { super(); }
          async get(): Promise<object | null> {
            if (this.used >= 3) return null;
            const c = await this.open();
            this.used += 1; // HERE
            return c;
          }
        }
        """,
    ),
    "objects of a class that outlive the request": ("lost-update", CART % ("", "// HERE")),
    "objects of a class that belong to one request": ("", CART % ("@per-request", "")),
    "what is given something of one request belongs to it": (
        "",
        CART % ("@per-request", "")
        + """
        export class Checkout {
          private sku = '';
          constructor(private readonly cart: Cart) {}
          async run(sku: string): Promise<string> {
            this.sku = sku;
            await this.cart.add(sku);
            return this.sku;
          }
        }
        """,
    ),
    "a service that keeps nothing of a request": (
        "stale-read",
        """
        export class Checkout {
          private sku = '';
          constructor(private readonly log: (s: string) => Promise<void>) {}
          async run(sku: string): Promise<string> {
            this.sku = sku;
            await this.log(sku);
            return this.sku; // HERE
          }
        }
        """,
    ),
    "a function that nothing here calls": ("", COUNTER % ("", "")),
    "a function that something outside calls": (
        "lost-update",
        COUNTER % ("/** @entry called by the native module */", "// HERE"),
    ),
    "a private method that something outside calls": (
        "lost-update",
        """
        import { write } from './disk';
        class Ticker {
          private n = 0;
          /** @entry */
          private async tick(): Promise<void> {
            const n = this.n;
            await write(n);
            this.n = n + 1; // HERE
          }
          private async tock(): Promise<void> {
            const n = this.n;
            await write(n);
            this.n = n + 2;
          }
        }
        export const version = 1;
        """,
    ),
}


def _report(text: str, tmp_path: Path) -> Report:
    path = tmp_path / "a.ts"
    path.write_text(text, encoding="utf-8")
    report = verify([SourceFile("a.ts", path)], Options(root=tmp_path, jobs=1))
    assert not report.failures
    return report


@pytest.mark.parametrize("name", PROGRAMS)
def test_verdict(name: str, tmp_path: Path) -> None:
    kind, text = PROGRAMS[name]
    lines = text.splitlines()
    expected = {(i, kind) for i, line in enumerate(lines, 1) if line.endswith("// HERE")}
    assert bool(expected) == bool(kind)
    report = _report("\n".join(line.removesuffix("// HERE") for line in lines), tmp_path)
    assert {(f.line, f.kind) for f in report.findings} == expected
    assert not [n for n in report.notes if n.kind != "bounded"]


def test_the_condition_is_named_and_both_ways_to_break_it_differ(tmp_path: Path) -> None:
    (final,) = _report(STOCK % "if (stock < 1) return false;\n await note();\n stock -= 1;", tmp_path).findings
    (seen,) = _report(TWO_HALVES % "this.#free -= 1; await this.pay(); this.#taken += 1;", tmp_path).findings
    assert (final.rule, final.severity) == ("krepis/contract/invariant", "error")
    assert "`stock >= 0`" in final.message
    assert (seen.rule, seen.severity) == ("krepis/contract/invariant", "warning")
    assert "`this.#free + this.#taken === 10`" in seen.message


@pytest.mark.parametrize(
    "prose", ["the stock is never negative", "stock >= 0; stock = 7", "stock >= 0) || (stock = 7", "", "}", "`"]
)
def test_what_is_no_expression_is_noted_and_harmless(prose: str, tmp_path: Path) -> None:
    text = STOCK.replace("stock >= 0", prose) % "await note();\n stock -= 1;"
    report = _report(text, tmp_path)
    assert [(n.line, n.kind) for n in report.notes] == [(3, "unsupported")]
    assert "@invariant is not an expression" in report.notes[0].message
    assert not report.findings
    plain = _report(text.replace("@invariant", "invariant"), tmp_path)
    assert (report.summary.functions, report.entry_points) == (plain.summary.functions, plain.entry_points)


def test_a_condition_is_no_function_of_the_program(tmp_path: Path) -> None:
    text = STOCK % "await note();\n stock -= 1;"
    with_it, without = _report(text, tmp_path), _report(text.replace("@invariant", "invariant"), tmp_path)
    assert with_it.summary.functions == without.summary.functions == 1
    assert with_it.entry_points == without.entry_points
