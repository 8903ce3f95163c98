// pattern: S3: a counter object is fetched, raised, put back without a condition
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

const s3 = new S3Client({});
const Bucket = process.env.BUCKET!;

export async function nextBuild(project: string): Promise<number> {
  const Key = `counters/${project}.json`;
  const object = await s3.send(new GetObjectCommand({ Bucket, Key }));
  const { build } = JSON.parse(await object.Body!.transformToString());
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: JSON.stringify({ build: build + 1 }) })); // RACE: lost-update
  return build + 1;
}
