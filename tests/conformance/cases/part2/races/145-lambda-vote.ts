// pattern: Lambda handler: GetItem, votes + 1, PutItem
import type { APIGatewayProxyEventV2, APIGatewayProxyResultV2 } from 'aws-lambda';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';

const doc = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.TALKS_TABLE!;

export const handler = async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyResultV2> => {
  const talkId = event.pathParameters?.talkId;
  const { Item: talk } = await doc.send(new GetCommand({ TableName, Key: { talkId } }));
  if (!talk) {
    return { statusCode: 404, body: 'no such talk' };
  }
  const votes = talk.votes + 1;
  await doc.send(new PutCommand({ TableName, Item: { ...talk, votes } })); // RACE: lost-update
  return { statusCode: 200, body: JSON.stringify({ votes }) };
};
