import axios, { AxiosError, AxiosInstance } from 'axios';

interface Tokens {
  access: string;
  refresh: string;
}

export class PartnerApi {
  private readonly http: AxiosInstance;

  constructor(private tokens: Tokens, baseURL: string) {
    this.http = axios.create({ baseURL });
  }

  async get<T>(path: string): Promise<T> {
    try {
      return await this.send<T>(path, this.tokens.access);
    } catch (err) {
      if (!(err instanceof AxiosError) || err.response?.status !== 401) throw err;
      return this.send<T>(path, await this.refresh());
    }
  }

  private async send<T>(path: string, token: string): Promise<T> {
    const { data } = await this.http.get<T>(path, { headers: { Authorization: `Bearer ${token}` } });
    return data;
  }

  private async refresh(): Promise<string> {
    const { data } = await axios.post<Tokens>('https://id.partner.example/token', { // RACE: check-then-act
      grant_type: 'refresh_token',
      refresh_token: this.tokens.refresh,
    });
    this.tokens = data; // RACE: lost-update
    return data.access;
  }
}

export const partner = new PartnerApi({ access: '', refresh: process.env.PARTNER_TOKEN ?? '' }, 'https://api.partner.example');
