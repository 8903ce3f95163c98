// pattern: put with IfMatch, tried again on 412
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

const s3 = new S3Client({});
const Bucket = process.env.BUCKET!;

export async function nextBuild(project: string): Promise<number> {
  const Key = `counters/${project}.json`;
  for (;;) {
    const object = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const { build } = JSON.parse(await object.Body!.transformToString());
    try {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: JSON.stringify({ build: build + 1 }), IfMatch: object.ETag }));
      return build + 1;
    } catch (error) {
      if ((error as { name: string }).name !== 'PreconditionFailed') throw error;
    }
  }
}
