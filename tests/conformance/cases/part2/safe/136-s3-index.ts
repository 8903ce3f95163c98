// pattern: put with IfMatch on the ETag that was read; 412 means somebody else published: again
import { GetObjectCommand, PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';

const s3 = new S3Client({ region: process.env.AWS_REGION });
const Bucket = process.env.ARTIFACT_BUCKET!;
const Key = 'releases/index.json';

interface ReleaseIndex {
  latest: string;
  releases: { version: string; sha256: string }[];
}

const isPreconditionFailed = (e: unknown): boolean =>
  e instanceof S3ServiceException && e.$metadata.httpStatusCode === 412;

export const addRelease = async (version: string, sha256: string): Promise<ReleaseIndex> => {
  for (;;) {
    const current = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const index = JSON.parse(await current.Body!.transformToString()) as ReleaseIndex;
    const next: ReleaseIndex = { latest: version, releases: [...index.releases, { version, sha256 }] };
    try {
      await s3.send(new PutObjectCommand({ Bucket, Key, IfMatch: current.ETag, Body: JSON.stringify(next) }));
      return next;
    } catch (e) {
      if (!isPreconditionFailed(e)) throw e;
    }
  }
};
