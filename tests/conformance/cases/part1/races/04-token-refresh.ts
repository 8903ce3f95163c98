// pattern: rotating refresh token spent twice because nothing remembers that a refresh is under way
interface Grant {
  access_token: string;
  refresh_token: string;
  expires_in: number;
}

interface HttpClient {
  post<T>(path: string, body: Record<string, string>): Promise<T>;
}

export class ApiSession {
  private accessToken: string | null = null;
  private expiresAt = 0;

  constructor(
    private readonly http: HttpClient,
    private refreshToken: string,
  ) {}

  async bearer(): Promise<string> {
    if (this.accessToken !== null && Date.now() < this.expiresAt) {
      return `Bearer ${this.accessToken}`;
    }
    const grant = await this.http.post<Grant>('/oauth/token', {
      grant_type: 'refresh_token',
      refresh_token: this.refreshToken,
    });
    this.accessToken = grant.access_token; // RACE: init-race
    this.refreshToken = grant.refresh_token;
    this.expiresAt = Date.now() + grant.expires_in * 1000;
    return `Bearer ${this.accessToken}`;
  }
}
