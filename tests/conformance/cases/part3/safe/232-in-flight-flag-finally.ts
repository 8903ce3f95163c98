// pattern: the flag is cleared in finally
import { Injectable, Logger } from '@nestjs/common';
import { GitClient } from './git.client';

@Injectable()
export class MirrorService {
  private readonly logger = new Logger(MirrorService.name);
  private readonly syncing = new Set<string>();

  constructor(private readonly git: GitClient) {}

  async sync(repo: string): Promise<boolean> {
    if (this.syncing.has(repo)) {
      this.logger.debug(`${repo} is being synced`);
      return false;
    }
    this.syncing.add(repo);
    try {
      const refs = await this.git.fetch(repo);
      this.logger.log(`${repo}: ${refs.length} refs`);
      return true;
    } finally {
      this.syncing.delete(repo);
    }
  }
}
