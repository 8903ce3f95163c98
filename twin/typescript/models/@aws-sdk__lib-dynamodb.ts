// @aws-sdk/lib-dynamodb: the commands of the low-level client with plain values.
import {
  DeleteCommand,
  DynamoDBClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  UpdateCommand,
} from './@aws-sdk__client-dynamodb';

export { DeleteCommand, GetCommand, PutCommand, QueryCommand, ScanCommand, TransactWriteCommand, UpdateCommand };

export class DynamoDBDocumentClient extends DynamoDBClient {
  static from(client, options) {
    return new DynamoDBDocumentClient(options);
  }
}

export class DynamoDBDocument extends DynamoDBDocumentClient {
  static from(client, options) {
    return new DynamoDBDocument(options);
  }

  get(input) {
    return this.send(new GetCommand(input));
  }

  put(input) {
    return this.send(new PutCommand(input));
  }

  update(input) {
    return this.send(new UpdateCommand(input));
  }

  delete(input) {
    return this.send(new DeleteCommand(input));
  }

  query(input) {
    return this.send(new QueryCommand(input));
  }
}
