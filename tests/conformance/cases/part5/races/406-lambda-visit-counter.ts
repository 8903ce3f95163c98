import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyEventV2, APIGatewayProxyResultV2 } from 'aws-lambda';

const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export const handler = async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyResultV2> => {
  const page = event.rawPath;
  const { Item } = await client.send(new GetCommand({ TableName: 'visits', Key: { page } }));
  const views = (Item?.views ?? 0) + 1;
  await client.send(new PutCommand({ TableName: 'visits', Item: { page, views } })); // RACE: lost-update
  return { statusCode: 200, body: String(views) };
};
