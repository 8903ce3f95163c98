import { Metered, type Scanner } from './metered';
import { clamScanner } from './clam';

class UploadDesk {
  constructor(readonly scanner: Scanner) {}

  describe(): string {
    return 'uploads';
  }
}

export class MeteredUploads extends Metered(UploadDesk) {
  override limit = 10_000_000;
}

export const uploads = new MeteredUploads(clamScanner);
