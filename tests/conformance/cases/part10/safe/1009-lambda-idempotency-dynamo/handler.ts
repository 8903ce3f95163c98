// pattern: the key is put under attribute_not_exists first; whoever fails the condition stops
import type { APIGatewayProxyHandlerV2 } from 'aws-lambda';
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { payments } from './payments';

const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}), {
  marshallOptions: { removeUndefinedValues: true },
});
const table = process.env.IDEMPOTENCY_TABLE!;

interface PaymentRequest {
  customerId: string;
  cents: number;
}

async function claim(key: string): Promise<boolean> {
  try {
    await documents.send(
      new PutCommand({
        TableName: table,
        Item: { pk: key, state: 'running', expires: Math.floor(Date.now() / 1000) + 86_400 },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

export const handler: APIGatewayProxyHandlerV2 = async (event) => {
  const key = event.headers['idempotency-key'];
  if (!key) return { statusCode: 400, body: 'Idempotency-Key is missing' };
  const request = JSON.parse(event.body ?? '{}') as PaymentRequest;

  if (!(await claim(key))) return { statusCode: 409, body: 'already being processed' };

  const receipt = await payments.charge(request.customerId, request.cents);
  const response = JSON.stringify({ receipt: receipt.id });
  await documents.send(
    new UpdateCommand({
      TableName: table,
      Key: { pk: key },
      UpdateExpression: 'SET #state = :done, #response = :response',
      ExpressionAttributeNames: { '#state': 'state', '#response': 'response' },
      ExpressionAttributeValues: { ':done': 'done', ':response': response },
    }),
  );
  return { statusCode: 201, body: response };
};
