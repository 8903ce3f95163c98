// pattern: for ... of with await inside the interactive transaction
import { parse } from 'csv-parse/sync';
import { prisma } from '../db/client';

interface Row {
  sku: string;
  name: string;
  price: string;
}

export async function importCatalog(supplierId: string, csv: string): Promise<{ imported: number }> {
  const rows = parse(csv, { columns: true, trim: true }) as Row[];
  return prisma.$transaction(async (tx) => {
    let imported = 0;
    for (const row of rows) {
      const { sku, name } = row;
      const price = Number(row.price);
      await tx.product.upsert({
        where: { supplierId_sku: { supplierId, sku } },
        create: { supplierId, sku, name, price },
        update: { name, price },
      });
      imported += 1;
    }
    await tx.supplier.update({ where: { id: supplierId }, data: { lastImport: new Date() } });
    return { imported };
  });
}
