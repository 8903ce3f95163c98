import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyHandler } from 'aws-lambda';

const table = process.env.TABLE!;
const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export const handler: APIGatewayProxyHandler = async (event) => {
  const id = event.pathParameters!.id!;
  const { Item } = await dynamo.send(new GetCommand({ TableName: table, Key: { id } }));
  const views = (Item?.views ?? 0) + 1;
  await dynamo.send(new PutCommand({ TableName: table, Item: { ...Item, id, views } })); // RACE: lost-update
  return { statusCode: 200, body: JSON.stringify({ views }) };
};
