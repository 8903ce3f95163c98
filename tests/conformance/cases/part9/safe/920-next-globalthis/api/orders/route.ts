import { NextResponse } from 'next/server';
import { getProducer } from '../../producer';

export async function POST(request: Request) {
  const order = await request.json();
  const producer = await getProducer();
  await producer.send({ topic: 'orders', messages: [{ key: order.id, value: JSON.stringify(order) }] });
  return NextResponse.json({ accepted: true }, { status: 202 });
}
