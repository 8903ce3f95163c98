// pattern: single flight: concurrent callers share the pending refresh, which clears itself in finally
interface Grant {
  access_token: string;
  refresh_token: string;
}

interface HttpClient {
  post<T>(path: string, body: Record<string, string>): Promise<T>;
}

export class ApiSession {
  private accessToken: string | null = null;
  private refreshing: Promise<string> | null = null;

  constructor(
    private readonly http: HttpClient,
    private refreshToken: string,
  ) {}

  async bearer(): Promise<string> {
    if (this.accessToken !== null) return `Bearer ${this.accessToken}`;
    this.refreshing ??= this.refresh().finally(() => {
      this.refreshing = null;
    });
    return `Bearer ${await this.refreshing}`;
  }

  private async refresh(): Promise<string> {
    const grant = await this.http.post<Grant>('/oauth/token', {
      grant_type: 'refresh_token',
      refresh_token: this.refreshToken,
    });
    this.accessToken = grant.access_token;
    this.refreshToken = grant.refresh_token;
    return grant.access_token;
  }
}
