"""Repairs that put whole calls in a row: from their first statement on, in generators, and until they call back."""

from __future__ import annotations

from repair_check import offered


def test_what_touches_the_state_before_the_read_is_in_the_turn_too() -> None:
    text = offered("""
        import type { Order, Rules } from './types';
        export class Ledger {
          #points: Record<string, number> = {};
          readonly #rules: Rules;
          constructor(rules: Rules) {
            this.#rules = rules;
          }
          async award(member: string, order: Order): Promise<number> {
            this.#points[member] ??= 0;
            this.#points[member] += await this.#rules.pointsFor(order);
            return this.#points[member];
          }
        }
        """)["whole-call"]
    assert "return inTurn(`points:${member}`, async () => {\n      this.#points[member] ??= 0;" in text


def test_a_cursor_that_a_generator_keeps_is_guarded_where_it_is_called() -> None:
    text = offered("""
        export class Import {
          private cursor: string | null = 'start';
          constructor(private api: any, private sink: any) {}
          private async *pages(): AsyncGenerator<any> {
            while (this.cursor !== null) {
              const page = await this.api.page(this.cursor);
              this.cursor = page.next;
              yield page;
            }
          }
          async resume(): Promise<void> {
            for await (const page of this.pages()) {
              await this.sink.insert(page);
            }
          }
        }
        """)["whole-call"]
    assert "await inTurn('cursor', async () => {\n      for await (const page" in text


def test_calls_that_call_back_wait_for_one_another() -> None:
    text = offered("""
        import * as fs from 'fs';
        const FILE = 'visits.json';
        type Done = (err: Error | null, visits?: number) => void;
        export function recordVisit(page: string, done: Done): void {
          fs.readFile(FILE, 'utf8', function (err, text) {
            if (err) return done(err);
            const visits = JSON.parse(text);
            visits[page] = (visits[page] || 0) + 1;
            fs.writeFile(FILE, JSON.stringify(visits), function (err2) {
              done(err2, visits[page]);
            });
          });
        }
        """)["callback-turn"]
    assert "const finish: typeof done = (...results) => {\n      end();\n      done(...results);" in text
    assert "if (err) return finish(err);" in text and "finish(err2, visits[page]);" in text
