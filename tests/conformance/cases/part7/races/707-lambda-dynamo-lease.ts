// pattern: Lambda and DynamoDB: lease looked up, then put without a condition
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { ScheduledEvent, Context } from 'aws-lambda';
import { runSettlement } from './settlement';

const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.LEASE_TABLE!;

export const handler = async (event: ScheduledEvent, context: Context): Promise<void> => {
  const pk = `settlement#${event.detail.merchant}`;
  const { Item: lease } = await dynamo.send(new GetCommand({ TableName, Key: { pk }, ConsistentRead: true }));
  if (lease && lease.expiresAt > Date.now()) return;
  await dynamo.send(new PutCommand({ TableName, Item: { pk, owner: context.awsRequestId, expiresAt: Date.now() + 60_000 } })); // RACE: check-then-act
  await runSettlement(event.detail.merchant);
};
