// pattern: conditional put; whoever fails the condition leaves
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { ScheduledEvent, Context } from 'aws-lambda';
import { runSettlement } from './settlement';

const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.LEASE_TABLE!;

export const handler = async (event: ScheduledEvent, context: Context): Promise<void> => {
  const pk = `settlement#${event.detail.merchant}`;
  const now = Date.now();
  try {
    await dynamo.send(
      new PutCommand({
        TableName,
        Item: { pk, owner: context.awsRequestId, expiresAt: now + 60_000 },
        ConditionExpression: 'attribute_not_exists(pk) OR expiresAt < :now',
        ExpressionAttributeValues: { ':now': now },
      }),
    );
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return;
    throw error;
  }
  await runSettlement(event.detail.merchant);
};
