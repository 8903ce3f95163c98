// pattern: UpdateCommand with ADD
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyHandler } from 'aws-lambda';

const db = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export const handler: APIGatewayProxyHandler = async (event) => {
  const slug = event.pathParameters!.slug!;
  const { Attributes } = await db.send(
    new UpdateCommand({
      TableName: 'polls',
      Key: { slug },
      UpdateExpression: 'ADD votes :one',
      ExpressionAttributeValues: { ':one': 1 },
      ReturnValues: 'UPDATED_NEW',
    }),
  );
  return { statusCode: 200, body: JSON.stringify({ votes: Attributes?.votes }) };
};
