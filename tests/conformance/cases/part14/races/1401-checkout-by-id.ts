import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
export async function checkout(lines: { productId: string; qty: number }[]) {
  const products = await prisma.product.findMany({ where: { id: { in: lines.map((l) => l.productId) } } });
  const byId = new Map(products.map((p) => [p.id, p]));
  for (const line of lines) {
    const product = byId.get(line.productId);
    if (!product) throw new Error('unknown product');
    if (product.stock < line.qty) throw new Error('out of stock');
    await prisma.product.update({ where: { id: line.productId }, data: { stock: product.stock - line.qty } }); // RACE: lost-update
  }
}
