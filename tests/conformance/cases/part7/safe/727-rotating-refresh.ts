// pattern: one exchange in flight, shared by everyone who comes meanwhile
interface Tokens {
  access: string;
  refresh: string;
  expiresAt: number;
}

export class ApiClient {
  private renewal?: Promise<Tokens>;

  constructor(
    private tokens: Tokens,
    private readonly auth: { exchange(refresh: string): Promise<Tokens> },
  ) {}

  private async accessToken(): Promise<string> {
    if (this.tokens.expiresAt - 5_000 > Date.now()) return this.tokens.access;
    this.renewal ??= this.auth
      .exchange(this.tokens.refresh)
      .then((tokens) => (this.tokens = tokens))
      .finally(() => {
        this.renewal = undefined;
      });
    return (await this.renewal).access;
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(new URL(path, 'https://api.example.com'), {
      headers: { authorization: `Bearer ${await this.accessToken()}` },
    });
    if (!response.ok) throw new Error(`${response.status} ${path}`);
    return (await response.json()) as T;
  }
}
