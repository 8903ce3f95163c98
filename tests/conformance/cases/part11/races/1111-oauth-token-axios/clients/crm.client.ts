// pattern: an API client with a private token renews it lazily; two callers renew at once and the older refresh token is spent twice
import axios, { AxiosInstance } from 'axios';

interface Tokens {
  access: string;
  refresh: string;
  expiresAt: number;
}

export class CrmClient {
  #tokens: Tokens;
  readonly #http: AxiosInstance;

  constructor(tokens: Tokens, baseURL: string) {
    this.#tokens = tokens;
    this.#http = axios.create({ baseURL, timeout: 10_000 });
  }

  async #accessToken(): Promise<string> {
    if (this.#tokens.expiresAt - 30_000 > Date.now()) return this.#tokens.access;
    const { data } = await this.#http.post('/oauth/token', { grant_type: 'refresh_token', refresh_token: this.#tokens.refresh }); // RACE: init-race
    this.#tokens = { access: data.access_token, refresh: data.refresh_token, expiresAt: Date.now() + data.expires_in * 1000 }; // RACE: init-race
    return this.#tokens.access;
  }

  async contact(id: string) {
    const token = await this.#accessToken();
    const { data } = await this.#http.get(`/contacts/${id}`, { headers: { authorization: `Bearer ${token}` } });
    return data;
  }
}
