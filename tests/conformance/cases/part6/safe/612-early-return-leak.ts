import { Semaphore } from 'async-mutex';
import { Injectable } from '@nestjs/common';
import { ThumbnailRepo } from './thumbnail.repo';
import { ImageService } from './image.service';

@Injectable()
export class ThumbnailService {
  private readonly slots = new Semaphore(2);

  constructor(private readonly repo: ThumbnailRepo, private readonly images: ImageService) {}

  async thumbnail(id: string): Promise<Buffer | null> {
    const cached = await this.repo.find(id);
    if (cached) return cached;
    const [, release] = await this.slots.acquire();
    try {
      return await this.images.resize(id, 128);
    } finally {
      release();
    }
  }
}
