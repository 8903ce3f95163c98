// pattern: the customer's outstanding sum is a field, raised by one conditional update
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
    const raised = await Customer.updateOne(
      { _id: id, $expr: { $lte: [{ $add: ['$outstandingCents', cents] }, '$creditCents'] } },
      { $inc: { outstandingCents: cents } },
    );
    if (raised.modifiedCount === 0) return reply.code(402).send();
    const invoice = await Invoice.create({ customer: id, cents });
    return reply.code(201).send(invoice);
  });
}
