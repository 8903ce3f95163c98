// pattern: Lambda handler: UpdateItem with ADD under a condition
import type { APIGatewayProxyEventV2, APIGatewayProxyResultV2 } from 'aws-lambda';
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';

const doc = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.TALKS_TABLE!;

export const handler = async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyResultV2> => {
  const talkId = event.pathParameters?.talkId;
  try {
    const { Attributes } = await doc.send(
      new UpdateCommand({
        TableName,
        Key: { talkId },
        UpdateExpression: 'ADD votes :one',
        ConditionExpression: 'attribute_exists(talkId)',
        ExpressionAttributeValues: { ':one': 1 },
        ReturnValues: 'UPDATED_NEW',
      }),
    );
    return { statusCode: 200, body: JSON.stringify({ votes: Attributes?.votes }) };
  } catch (err) {
    if (err instanceof ConditionalCheckFailedException) return { statusCode: 404, body: 'no such talk' };
    throw err;
  }
};
