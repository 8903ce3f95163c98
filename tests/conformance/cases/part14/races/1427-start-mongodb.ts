import express from 'express';
import { MongoClient } from 'mongodb';
async function main() {
  const client = await MongoClient.connect(process.env.URL!);
  const items = client.db().collection('items');
  const app = express();
  app.post('/buy/:id', async (req, res) => {
    const it = await items.findOne({ sku: req.params.id });
    if (it.stock < 1) return res.sendStatus(409);
    await items.updateOne({ sku: req.params.id }, { $set: { stock: it.stock - 1 } }); // RACE: lost-update
    res.sendStatus(200);
  });
  app.listen(3000);
}
main().catch(console.error);
