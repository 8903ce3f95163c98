// pattern: revoking is a conditional update whose count decides
import { createHash, randomBytes } from 'crypto';
import { RefreshToken } from '../models/refresh-token';

const digest = (token: string) => createHash('sha256').update(token).digest('hex');

export class SessionService {
  async rotate(token: string): Promise<string> {
    const stored = await RefreshToken.findOne({ where: { hash: digest(token), revoked: false } });
    if (!stored) throw new Error('invalid refresh token');
    const [revoked] = await RefreshToken.update({ revoked: true }, { where: { id: stored.id, revoked: false } });
    if (revoked === 0) throw new Error('invalid refresh token');
    const fresh = randomBytes(32).toString('base64url');
    await RefreshToken.create({ userId: stored.userId, hash: digest(fresh) });
    return fresh;
  }
}
