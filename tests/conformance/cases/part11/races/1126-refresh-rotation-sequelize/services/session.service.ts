// pattern: Sequelize and a refresh token: found unrevoked, a new pair is issued, then the old one is marked revoked
import { createHash, randomBytes } from 'crypto';
import { RefreshToken } from '../models/refresh-token';

const digest = (token: string) => createHash('sha256').update(token).digest('hex');

export class SessionService {
  async rotate(token: string): Promise<string> {
    const stored = await RefreshToken.findOne({ where: { hash: digest(token), revoked: false } });
    if (!stored) throw new Error('invalid refresh token');
    const fresh = randomBytes(32).toString('base64url');
    await RefreshToken.create({ userId: stored.userId, hash: digest(fresh) }); // RACE: check-then-act
    await stored.update({ revoked: true }); // RACE: check-then-act
    return fresh;
  }
}
