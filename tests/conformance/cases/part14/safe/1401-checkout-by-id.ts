import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
export async function checkout(lines: { productId: string; qty: number }[]) {
  const products = await prisma.product.findMany({ where: { id: { in: lines.map((l) => l.productId) } } });
  const byId = new Map(products.map((p) => [p.id, p]));
  await prisma.$transaction(async (tx) => {
    for (const line of lines) {
      if (!byId.get(line.productId)) throw new Error('unknown product');
      const done = await tx.product.updateMany({ where: { id: line.productId, stock: { gte: line.qty } }, data: { stock: { decrement: line.qty } } });
      if (done.count === 0) throw new Error('out of stock');
    }
  });
}
