// pattern: ADD in an update expression
import type { SQSHandler } from 'aws-lambda';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';

const db = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.USAGE_TABLE!;

async function meter(customer: string, quantity: number): Promise<void> {
  await db.send(
    new UpdateCommand({
      TableName,
      Key: { customer },
      UpdateExpression: 'ADD units :q',
      ExpressionAttributeValues: { ':q': quantity },
    }),
  );
}

export const handler: SQSHandler = async (event) => {
  for (const record of event.Records) {
    const { customer, quantity } = JSON.parse(record.body) as { customer: string; quantity: number };
    await meter(customer, quantity);
  }
};
