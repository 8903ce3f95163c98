"""Repairs of promises that nobody waits for."""

from __future__ import annotations

from repair_check import check, offered


def test_a_loop_waits_for_all_or_for_each() -> None:
    got = offered(
        """\
        import { PrismaClient } from '@prisma/client';

        const prisma = new PrismaClient();

        export async function complete(id: string): Promise<void> {
          const cart = await prisma.cart.findUniqueOrThrow({ where: { id }, include: { items: true } });
          cart.items.forEach(async (item) => {
            const price = await prisma.price.findFirstOrThrow({ where: { sku: item.sku } });
            await prisma.invoiceLine.create({ data: { invoiceId: id, cents: price.cents } });
          });
          await prisma.invoice.update({ where: { id }, data: { status: 'COMPLETE' } });
        }
        """
    )
    assert list(got) == ["promise-all", "one-by-one"]
    assert """
  await Promise.all(
    cart.items.map(async (item) => {
      const price = await prisma.price.findFirstOrThrow({ where: { sku: item.sku } });
      await prisma.invoiceLine.create({ data: { invoiceId: id, cents: price.cents } });
    }),
  );
""" in got["promise-all"]
    assert """
  for (const item of cart.items) {
    const price = await prisma.price.findFirstOrThrow({ where: { sku: item.sku } });
    await prisma.invoiceLine.create({ data: { invoiceId: id, cents: price.cents } });
  }
""" in got["one-by-one"]


def test_in_a_transaction_one_after_the_other_comes_first() -> None:
    before = """\
        import { PrismaClient } from '@prisma/client';

        const prisma = new PrismaClient();

        export async function load(id: string, skus: string[]): Promise<{ loaded: number }> {
          return prisma.$transaction(async (tx) => {
            await tx.product.deleteMany({ where: { supplierId: id } });
            let loaded = 0;
            skus.forEach(async (sku) => {
              await tx.product.create({ data: { supplierId: id, sku } });
              loaded += 1;
            });
            await tx.supplier.update({ where: { id }, data: { lastImport: new Date() } });
            return { loaded };
          });
        }
        """
    check(
        before,
        "one-by-one",
        ("skus.forEach(async (sku) => {", "for (const sku of skus) {"),
        ("loaded += 1;\n    });", "loaded += 1;\n    }"),
    )


def test_a_call_is_awaited() -> None:
    before = """\
        import { OrderModel } from './models/order';
        import { mailer } from './mailer';

        export async function confirm(id: string): Promise<string> {
          const order = await OrderModel.findById(id);
          order.status = 'confirmed';
          order.save();
          await mailer.send(order.email, 'confirmed');
          return order.status;
        }
        """
    check(before, "await", ("  order.save()", "  await order.save()"))


def test_a_callback_returns_what_is_waited_for() -> None:
    before = """\
        interface Repo {
          load(id: string): Promise<{ id: string }>;
          save(profile: object): Promise<void>;
        }

        export function verify(repo: Repo, id: string, bus: { publish(id: string): Promise<void> }): Promise<void> {
          return repo
            .load(id)
            .then((profile) => {
              repo.save({ ...profile, verified: true });
            })
            .then(() => bus.publish(id));
        }
        """
    check(before, "return-promise", ("repo.save(", "return repo.save("))


def test_a_return_in_try_waits_before_the_lock_is_given_back() -> None:
    before = """\
        import { Mutex } from 'async-mutex';

        const mutex = new Mutex();
        let balance = 0;

        async function apply(cents: number, audit: (n: number) => Promise<void>): Promise<number> {
          const before = balance;
          await audit(before);
          balance = before + cents;
          return balance;
        }

        export async function deposit(cents: number, audit: (n: number) => Promise<void>): Promise<number> {
          const release = await mutex.acquire();
          try {
            return apply(cents, audit);
          } finally {
            release();
          }
        }
        """
    check(before, "return-await", ("return apply(", "return await apply("))


def test_work_within_a_limited_task_does_not_wait_for_the_limiter() -> None:
    before = """\
        import pLimit from 'p-limit';

        declare function put(file: string): Promise<void>;
        const limit = pLimit(1);

        export async function mirror(folders: string[][]): Promise<void> {
          await Promise.all(
            folders.map((files) =>
              limit(async () => {
                await Promise.all(files.map((file) => limit(() => put(file))));
              }),
            ),
          );
        }
        """
    check(before, "unnest", ("limit(() => put(file))", "put(file)"))
