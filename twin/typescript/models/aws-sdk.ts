// aws-sdk (version 2): the commands of the clients of version 3, sent by `promise()` or with a callback.
import {
  DeleteCommand,
  DynamoDBClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';

class Request {
  constructor(client, command) {
    this.promise = () => client.send(command);
  }
}

const sent = (client, command, callback) => {
  if (callback === undefined) return new Request(client, command);
  client.send(command).then((data) => callback(null, data), callback);
};

export class DocumentClient {
  constructor(options) {
    this.client = new DynamoDBClient(options);
  }
}

const COMMANDS = {
  get: GetCommand,
  put: PutCommand,
  update: UpdateCommand,
  delete: DeleteCommand,
  query: QueryCommand,
  scan: ScanCommand,
  transactWrite: TransactWriteCommand,
};

for (const name of Object.keys(COMMANDS)) {
  DocumentClient.prototype[name] = function (input, callback) {
    return sent(this.client, new COMMANDS[name](input), callback);
  };
}

export const DynamoDB = { DocumentClient };

export class S3 {
  constructor(options) {
    this.client = new S3Client(options);
  }

  // The body of version 2 is a buffer, of which a program takes the text.
  getObject(input, callback) {
    const client = {
      send: async (command) => {
        const { Body, ETag } = await this.client.send(command);
        return { Body: { ...Body, toString: () => Body.content }, ETag };
      },
    };
    return sent(client, new GetObjectCommand(input), callback);
  }

  putObject(input, callback) {
    return sent(this.client, new PutObjectCommand(input), callback);
  }

  upload(input, callback) {
    return this.putObject(input, callback);
  }

  deleteObject(input, callback) {
    return sent(this.client, new DeleteObjectCommand(input), callback);
  }

  headObject(input, callback) {
    return sent(this.client, new HeadObjectCommand(input), callback);
  }

  copyObject(input, callback) {
    return sent(this.client, new CopyObjectCommand(input), callback);
  }
}

export const config = { update: () => {} };

export default { DynamoDB, S3, config };
