interface Grant {
  access: string;
  refresh: string;
  expiresAt: number;
}

let grant: Grant | undefined;

export async function accessToken(): Promise<string> {
  if (grant && grant.expiresAt > Date.now()) return grant.access;
  const response = await fetch('https://partner.example/oauth/token', { // RACE: check-then-act
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: grant?.refresh ?? process.env.SEED! }),
  });
  grant = (await response.json()) as Grant; // RACE: check-then-act
  return grant.access;
}
