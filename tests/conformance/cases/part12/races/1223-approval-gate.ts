import axios from 'axios';

interface ReleaseState {
  readonly version: string;
  readonly approvedBy: string[];
}

interface ApprovalLog {
  append(version: string, user: string): Promise<void>;
}

export class ReleaseGate {
  private readonly releases = new Map<string, ReleaseState>();

  constructor(private readonly log: ApprovalLog, private readonly needed: number) {}

  open(version: string): void {
    this.releases.set(version, { version, approvedBy: [] });
  }

  async approve(version: string, user: string): Promise<'pending' | 'deployed'> {
    const release = this.releases.get(version);
    if (!release) throw new Error(`no release ${version}`);
    release.approvedBy.push(user);
    await this.log.append(version, user);
    if (release.approvedBy.length < this.needed) return 'pending';
    await axios.post(`https://deploy.internal/releases/${version}`, { by: user }); // RACE: check-then-act
    return 'deployed';
  }
}
