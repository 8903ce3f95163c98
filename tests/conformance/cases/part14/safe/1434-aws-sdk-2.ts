import { DynamoDB } from 'aws-sdk';
const db = new DynamoDB.DocumentClient();
export async function take(sku: string) {
  await db.update({
    TableName: 'stock', Key: { sku }, UpdateExpression: 'SET n = n - :one', ConditionExpression: 'n >= :one', ExpressionAttributeValues: { ':one': 1 },
  }).promise();
}
