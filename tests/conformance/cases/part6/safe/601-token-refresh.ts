import axios from 'axios';

interface Token { value: string; expiresAt: number }

export class SpotifyAuth {
  #token?: Token;
  #refreshing?: Promise<Token>;

  constructor(private readonly clientId: string, private readonly secret: string) {}

  async accessToken(): Promise<string> {
    if (this.#token && this.#token.expiresAt > Date.now() + 30_000) return this.#token.value;
    this.#refreshing ??= this.refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return (await this.#refreshing).value;
  }

  private async refresh(): Promise<Token> {
    const { data } = await axios.post('https://accounts.example.com/api/token', {
      grant_type: 'client_credentials', client_id: this.clientId, client_secret: this.secret,
    });
    this.#token = { value: data.access_token, expiresAt: Date.now() + data.expires_in * 1000 };
    return this.#token;
  }
}
