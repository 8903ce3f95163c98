import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyHandler } from 'aws-lambda';

const table = process.env.TABLE!;
const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export const handler: APIGatewayProxyHandler = async (event) => {
  const id = event.pathParameters!.id!;
  const { Attributes } = await dynamo.send(new UpdateCommand({
    TableName: table, Key: { id }, UpdateExpression: 'ADD views :one',
    ExpressionAttributeValues: { ':one': 1 }, ReturnValues: 'UPDATED_NEW',
  }));
  return { statusCode: 200, body: JSON.stringify(Attributes) };
};
