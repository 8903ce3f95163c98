"""Repairs of races in memory that need no lock."""

from __future__ import annotations

from repair_check import check, offered


def test_the_read_moves_behind_the_await() -> None:
    before = """\
        import { fee } from './bank';

        let total = 0;

        export async function add(cents: number): Promise<void> {
          const before = total;
          const cost = await fee(cents);
          total = before + cents - cost;
        }
        """
    check(
        before,
        "read-later",
        (
            "  const before = total;\n  const cost = await fee(cents);\n",
            "  const cost = await fee(cents);\n  const before = total;\n",
        ),
    )


def test_an_operand_is_waited_for_before_the_other_is_read() -> None:
    before = """\
        export async function quote(skus: string[], api: { priceOf(sku: string): Promise<number> }): Promise<number> {
          let total = 0;
          await Promise.all(
            skus.map(async (sku) => {
              total += 2 * (await api.priceOf(sku));
            }),
          );
          return total;
        }
        """
    check(
        before,
        "wait-first",
        (
            "      total += 2 * (await api.priceOf(sku));\n",
            "      const price = await api.priceOf(sku);\n      total += 2 * price;\n",
        ),
    )


def test_a_buffer_is_taken_before_it_is_sent() -> None:
    before = """\
        export class Batcher {
          private buffer: string[] = [];

          constructor(private readonly send: (items: string[]) => Promise<void>) {}

          track(name: string): void {
            this.buffer.push(name);
          }

          async flush(): Promise<void> {
            if (this.buffer.length === 0) return;
            await this.send(this.buffer);
            this.buffer = [];
          }
        }
        """
    check(
        before,
        "take-buffer",
        (
            """\
    await this.send(this.buffer);
    this.buffer = [];
""",
            """\
    const batch = this.buffer;
    this.buffer = [];
    try {
      await this.send(batch);
    } catch (error) {
      this.buffer.unshift(...batch);
      throw error;
    }
""",
        ),
    )


def test_a_claim_is_made_first_and_given_back() -> None:
    before = """\
        export class BoxOffice {
          private readonly sold = new Set<string>();

          constructor(private readonly pay: { charge(card: string): Promise<string> }) {}

          async book(seat: string, card: string): Promise<string> {
            if (this.sold.has(seat)) {
              throw new Error('taken');
            }
            const receipt = await this.pay.charge(card);
            this.sold.add(seat);
            return receipt;
          }
        }
        """
    check(
        before,
        "claim-first",
        (
            """\
    const receipt = await this.pay.charge(card);
    this.sold.add(seat);
    return receipt;
""",
            """\
    this.sold.add(seat);
    try {
      const receipt = await this.pay.charge(card);
      return receipt;
    } catch (error) {
      this.sold.delete(seat);
      throw error;
    }
""",
        ),
    )


VOTES = """\
    import { verify } from './captcha';

    const voters = new Set<string>();
    const tally = new Map<string, number>();

    export async function vote(user: string, option: string): Promise<boolean> {
      if (voters.has(user)) {
        return false;
      }
      if (!(await verify(user))) {
        return false;
      }
      voters.add(user);
      tally.set(option, (tally.get(option) ?? 0) + 1);
      return true;
    }
    """


def test_a_check_is_made_again() -> None:
    guard = "  if (voters.has(user)) {\n    return false;\n  }\n"
    check(VOTES, "recheck", ("  voters.add(user);\n", f"{guard}  voters.add(user);\n"))


def test_what_is_done_while_waiting_is_not_checked_afterwards() -> None:
    got = offered(VOTES.replace("if (!(await verify(user))) {\n        return false;\n      }", "await verify(user);"))
    assert "claim-first" in got
    assert "recheck" not in got


def test_what_is_checked_again_is_read_again() -> None:
    before = """\
        interface Call {
          active: boolean;
        }

        export class Calls {
          private readonly calls = new Map<string, Call>();

          constructor(private readonly recorder: { stop(id: string): Promise<void> }) {}

          start(id: string): void {
            this.calls.set(id, { active: true });
          }

          resume(id: string): void {
            const call = this.calls.get(id);
            if (call) call.active = true;
          }

          hold(id: string): void {
            const call = this.calls.get(id);
            if (call) call.active = false;
          }

          async reap(id: string): Promise<void> {
            const call = this.calls.get(id);
            if (!call || call.active) return;
            await this.recorder.stop(id);
            this.calls.delete(id);
          }
        }
        """
    again = "    const callNow = this.calls.get(id);\n    if (!callNow || callNow.active) return;\n"
    check(before, "recheck", ("    this.calls.delete(id);\n", f"{again}    this.calls.delete(id);\n"))


def test_a_call_stops_when_what_it_wrote_was_changed() -> None:
    before = """\
        export class Jobs {
          private readonly status = new Map<string, string>();

          constructor(private readonly runner: { execute(id: string): Promise<void> }) {}

          enqueue(id: string): void {
            this.status.set(id, 'queued');
          }

          cancel(id: string): boolean {
            if (this.status.get(id) === 'done') return false;
            this.status.set(id, 'cancelled');
            return true;
          }

          async run(id: string): Promise<void> {
            if (this.status.get(id) !== 'queued') return;
            this.status.set(id, 'running');
            await this.runner.execute(id);
            this.status.set(id, 'done');
          }
        }
        """
    line = "    await this.runner.execute(id);\n"
    check(before, "still-mine", (line, f"{line}    if (this.status.get(id) !== 'running') return;\n"))


def test_an_initialisation_is_shared_while_it_runs() -> None:
    before = """\
        export function connector(make: { open(url: string): Promise<object> }, url: string) {
          let connection: object | undefined;

          const open = async (): Promise<object> => {
            if (connection) return connection;
            connection = await make.open(url);
            return connection;
          };

          return { open, ping: async () => (await open()) !== undefined };
        }
        """
    check(
        before,
        "share-promise",
        (
            "  let connection: object | undefined;\n",
            "  let connection: object | undefined;\n  let pendingConnection: Promise<object> | undefined;\n",
        ),
        (
            "    connection = await make.open(url);\n",
            """\
    pendingConnection ??= make.open(url);
    try {
      connection = await pendingConnection;
    } finally {
      pendingConnection = undefined;
    }
""",
        ),
    )


def test_the_answer_of_an_earlier_call_is_dropped() -> None:
    before = """\
        declare const api: { search(query: string): Promise<string[]> };

        export class SearchBox {
          query = '';
          hits: string[] = [];

          async onInput(text: string): Promise<void> {
            this.query = text.trim();
            if (this.query === '') {
              this.hits = [];
              return;
            }
            const hits = await api.search(this.query);
            this.hits = hits;
          }
        }
        """
    check(
        before,
        "latest-call",
        ("  query = '';\n", "  private latestCall = 0;\n  query = '';\n"),
        ("    this.query = text.trim();\n", "    const call = ++this.latestCall;\n    this.query = text.trim();\n"),
        ("    this.hits = hits;\n", "    if (call !== this.latestCall) return;\n    this.hits = hits;\n"),
    )


def test_a_callback_reads_and_checks_again() -> None:
    before = """\
        declare const approvals: { lookup(team: string, cents: number): Promise<boolean> };
        const budgets: Record<string, number> = {};

        export function spend(team: string, cents: number): Promise<number> {
          const left = budgets[team] ?? 0;
          if (left < cents) return Promise.reject(new Error('over budget'));
          return approvals.lookup(team, cents).then((approved) => {
            if (!approved) return left;
            budgets[team] = left - cents;
            return budgets[team];
          });
        }
        """
    check(
        before,
        "reread",
        (
            "    if (!approved) return left;\n",
            "    const left = budgets[team] ?? 0;\n"
            "    if (left < cents) return Promise.reject(new Error('over budget'));\n"
            "    if (!approved) return left;\n",
        ),
    )
