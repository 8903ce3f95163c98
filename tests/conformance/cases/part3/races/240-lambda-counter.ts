// pattern: Lambda handler: item fetched, count changed, put back
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyHandler } from 'aws-lambda';

const db = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export const handler: APIGatewayProxyHandler = async (event) => {
  const slug = event.pathParameters!.slug!;
  const { Item } = await db.send(new GetCommand({ TableName: 'polls', Key: { slug } }));
  const votes = (Item?.votes ?? 0) + 1;
  await db.send(new PutCommand({ TableName: 'polls', Item: { ...Item, slug, votes } })); // RACE: lost-update
  return { statusCode: 200, body: JSON.stringify({ votes }) };
};
