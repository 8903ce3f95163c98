// @aws-sdk/client-s3: an object is a key with a content; IfNoneMatch and IfMatch are conditions on it.
import { io, kv } from 'krepis:model';

const objects = kv('s3');

export class S3ServiceException extends Error {
  constructor(name, status) {
    super(name);
    this.name = name;
    this.$metadata = { httpStatusCode: status };
  }
}

export class NoSuchKey extends S3ServiceException {}

class Command {
  constructor(input) {
    this.input = input;
  }
}

const where = ({ Bucket, Key }) => [Bucket, Key];

export class GetObjectCommand extends Command {
  run() {
    if (!objects.has(where(this.input))) throw new NoSuchKey('NoSuchKey', 404);
    const content = objects.get(where(this.input));
    return {
      Body: { transformToString: async () => content, content },
      ETag: objects.version(where(this.input)),
    };
  }
}

export class HeadObjectCommand extends GetObjectCommand {}

export class PutObjectCommand extends Command {
  run() {
    const { Body, IfNoneMatch, IfMatch } = this.input;
    if (IfNoneMatch !== undefined && !objects.setIf(where(this.input), Body, false)) {
      throw new S3ServiceException('PreconditionFailed', 412);
    }
    if (IfMatch !== undefined && objects.version(where(this.input)) !== IfMatch) {
      throw new S3ServiceException('PreconditionFailed', 412);
    }
    if (IfNoneMatch === undefined) objects.set(where(this.input), Body);
    return { ETag: objects.version(where(this.input)) };
  }
}

export class DeleteObjectCommand extends Command {
  run() {
    objects.delete(where(this.input));
    return {};
  }
}

export class CopyObjectCommand extends Command {
  run() {
    objects.set(where(this.input), objects.look('copy', this.input.CopySource, []));
    return {};
  }
}

export class ListObjectsV2Command extends Command {
  run() {
    return { Contents: objects.look('list', this.input.Bucket, [this.input.Prefix]) };
  }
}

export class S3Client {
  constructor(config) {}

  send(command) {
    return io('s3', () => command.run());
  }

  destroy() {}
}

export const S3 = S3Client;
