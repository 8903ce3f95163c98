// pattern: open invoices are summed with $group, and another one is created when the sum is below the limit
import { Types, Schema, model } from 'mongoose';
import { FastifyInstance } from 'fastify';

const Invoice = model(
  'Invoice',
  new Schema({ customer: { type: Schema.Types.ObjectId, index: true }, cents: Number, status: { type: String, default: 'open' } }),
);
const Customer = model('Customer', new Schema({ name: String, creditCents: Number, outstandingCents: { type: Number, default: 0 } }));

export default async function invoices(app: FastifyInstance) {
  app.post('/customers/:id/invoices', async (req, reply) => {
    const { id } = req.params as { id: string };
    const { cents } = req.body as { cents: number };
    const customer = await Customer.findById(id);
    if (!customer) return reply.code(404).send();
    const [open] = await Invoice.aggregate([
      { $match: { customer: new Types.ObjectId(id), status: 'open' } },
      { $group: { _id: null, total: { $sum: '$cents' } } },
    ]);
    if ((open?.total ?? 0) + cents > customer.creditCents!) return reply.code(402).send();
    const invoice = await Invoice.create({ customer: id, cents }); // RACE: check-then-act
    return reply.code(201).send(invoice);
  });
}
