// pattern: refresh token is used up by the first of two renewals; the second sends a spent one
interface Tokens {
  access: string;
  refresh: string;
  expiresAt: number;
}

export class ApiClient {
  constructor(
    private tokens: Tokens,
    private readonly auth: { exchange(refresh: string): Promise<Tokens> },
  ) {}

  private async accessToken(): Promise<string> {
    if (this.tokens.expiresAt - 5_000 > Date.now()) return this.tokens.access;
    this.tokens = await this.auth.exchange(this.tokens.refresh); // RACE: check-then-act
    return this.tokens.access;
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(new URL(path, 'https://api.example.com'), {
      headers: { authorization: `Bearer ${await this.accessToken()}` },
    });
    if (!response.ok) throw new Error(`${response.status} ${path}`);
    return (await response.json()) as T;
  }
}
