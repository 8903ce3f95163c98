// pattern: PutCommand with a condition on the version read
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';

export interface Profile {
  id: string;
  badges: string[];
  version: number;
}

export class ProfileRepository {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly table: string,
  ) {}

  async load(id: string): Promise<Profile> {
    const { Item } = await this.client.send(new GetCommand({ TableName: this.table, Key: { id } }));
    return (Item as Profile | undefined) ?? { id, badges: [], version: 0 };
  }

  async store(profile: Profile): Promise<void> {
    await this.client.send(
      new PutCommand({
        TableName: this.table,
        Item: { ...profile, version: profile.version + 1 },
        ConditionExpression: 'attribute_not_exists(id) OR version = :read',
        ExpressionAttributeValues: { ':read': profile.version },
      }),
    );
  }
}
