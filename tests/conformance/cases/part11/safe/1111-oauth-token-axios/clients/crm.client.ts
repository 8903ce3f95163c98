// pattern: the renewal is a promise that both callers share and that is cleared when it ends
import axios, { AxiosInstance } from 'axios';

interface Tokens {
  access: string;
  refresh: string;
  expiresAt: number;
}

export class CrmClient {
  #tokens: Tokens;
  #renewal: Promise<void> | null = null;
  readonly #http: AxiosInstance;

  constructor(tokens: Tokens, baseURL: string) {
    this.#tokens = tokens;
    this.#http = axios.create({ baseURL, timeout: 10_000 });
  }

  async #accessToken(): Promise<string> {
    if (this.#tokens.expiresAt - 30_000 <= Date.now()) {
      this.#renewal ??= this.#renew().finally(() => {
        this.#renewal = null;
      });
      await this.#renewal;
    }
    return this.#tokens.access;
  }

  async #renew(): Promise<void> {
    const { data } = await this.#http.post('/oauth/token', { grant_type: 'refresh_token', refresh_token: this.#tokens.refresh });
    this.#tokens = { access: data.access_token, refresh: data.refresh_token, expiresAt: Date.now() + data.expires_in * 1000 };
  }

  async contact(id: string) {
    const token = await this.#accessToken();
    const { data } = await this.#http.get(`/contacts/${id}`, { headers: { authorization: `Bearer ${token}` } });
    return data;
  }
}
