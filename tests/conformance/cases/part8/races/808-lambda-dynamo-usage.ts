// pattern: Lambda behind SQS: DynamoDB usage item read, quantity added, item put back
import type { SQSHandler } from 'aws-lambda';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';

const db = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.USAGE_TABLE!;

async function meter(customer: string, quantity: number): Promise<void> {
  const { Item: item = { customer, units: 0 } } = await db.send(new GetCommand({ TableName, Key: { customer } }));
  await db.send(new PutCommand({ TableName, Item: { ...item, units: item.units + quantity } })); // RACE: lost-update
}

export const handler: SQSHandler = async (event) => {
  for (const record of event.Records) {
    const { customer, quantity } = JSON.parse(record.body) as { customer: string; quantity: number };
    await meter(customer, quantity);
  }
};
