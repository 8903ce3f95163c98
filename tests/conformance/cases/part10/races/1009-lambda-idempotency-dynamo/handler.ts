// pattern: Lambda: the idempotency key is looked up in DynamoDB, the payment is made, the key is stored last
import type { APIGatewayProxyHandlerV2 } from 'aws-lambda';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { payments } from './payments';

const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}), {
  marshallOptions: { removeUndefinedValues: true },
});
const table = process.env.IDEMPOTENCY_TABLE!;

interface PaymentRequest {
  customerId: string;
  cents: number;
}

export const handler: APIGatewayProxyHandlerV2 = async (event) => {
  const key = event.headers['idempotency-key'];
  if (!key) return { statusCode: 400, body: 'Idempotency-Key is missing' };
  const request = JSON.parse(event.body ?? '{}') as PaymentRequest;

  const seen = await documents.send(new GetCommand({ TableName: table, Key: { pk: key }, ConsistentRead: true }));
  if (seen.Item) return { statusCode: 200, body: seen.Item.response as string };

  const receipt = await payments.charge(request.customerId, request.cents); // RACE: check-then-act
  const response = JSON.stringify({ receipt: receipt.id });
  await documents.send(
    new PutCommand({ TableName: table, Item: { pk: key, response, expires: Math.floor(Date.now() / 1000) + 86_400 } }), // RACE: check-then-act
  );
  return { statusCode: 201, body: response };
};
