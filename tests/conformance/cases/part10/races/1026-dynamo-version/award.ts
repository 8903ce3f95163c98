import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { ProfileRepository } from './profile.repository';

const profiles = new ProfileRepository(DynamoDBDocumentClient.from(new DynamoDBClient({})), 'profiles');

export async function award(profileId: string, badge: string): Promise<number> {
  const profile = await profiles.load(profileId);
  if (profile.badges.includes(badge)) return profile.badges.length;
  const next = { ...profile, badges: [...profile.badges, badge] };
  await profiles.store(next); // RACE: lost-update
  return next.badges.length;
}
