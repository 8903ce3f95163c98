// pattern: async-mutex semaphore released on the good path only; a failed upload keeps its permit
import { Semaphore } from 'async-mutex';
import type { S3Client } from '@aws-sdk/client-s3';
import { PutObjectCommand } from '@aws-sdk/client-s3';

export class Uploader {
  readonly #slots = new Semaphore(3);
  #done = 0;

  constructor(private readonly s3: S3Client) {}

  async upload(key: string, body: Buffer): Promise<void> {
    const [, release] = await this.#slots.acquire(); // RACE: lock-leak
    await this.s3.send(new PutObjectCommand({ Bucket: 'media', Key: key, Body: body }));
    this.#done += 1;
    release();
  }

  get done(): number {
    return this.#done;
  }
}
