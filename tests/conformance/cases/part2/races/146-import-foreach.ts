// pattern: forEach(async) inside an interactive transaction: it commits before the rows are created
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
    await tx.product.deleteMany({ where: { supplierId } });
    let imported = 0;
    rows.forEach(async (row) => { // RACE: floating-promise
      await tx.product.create({ data: { supplierId, sku: row.sku, name: row.name, price: Number(row.price) } });
      imported += 1;
    });
    await tx.supplier.update({ where: { id: supplierId }, data: { lastImport: new Date() } });
    return { imported };
  });
}
