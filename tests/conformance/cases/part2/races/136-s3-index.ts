// pattern: JSON object fetched from a bucket, extended, put back without a condition
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

const s3 = new S3Client({ region: process.env.AWS_REGION });
const Bucket = process.env.ARTIFACT_BUCKET!;
const Key = 'releases/index.json';

interface ReleaseIndex {
  latest: string;
  releases: { version: string; sha256: string }[];
}

export const addRelease = async (version: string, sha256: string): Promise<ReleaseIndex> => {
  const current = await s3.send(new GetObjectCommand({ Bucket, Key }));
  const index = JSON.parse(await current.Body!.transformToString()) as ReleaseIndex;
  const next: ReleaseIndex = {
    latest: version,
    releases: [...index.releases, { version, sha256 }],
  };
  await s3.send(
    new PutObjectCommand({
      Bucket,
      Key,
      ContentType: 'application/json',
      Body: JSON.stringify(next), // RACE: lost-update
    }),
  );
  return next;
};
