interface Grant {
  access: string;
  refresh: string;
  expiresAt: number;
}

let grant: Grant | undefined;
let exchanging: Promise<Grant> | undefined;

async function exchange(): Promise<Grant> {
  const response = await fetch('https://partner.example/oauth/token', {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: grant?.refresh ?? process.env.SEED! }),
  });
  grant = (await response.json()) as Grant;
  return grant;
}

export async function accessToken(): Promise<string> {
  if (grant && grant.expiresAt > Date.now()) return grant.access;
  exchanging ??= exchange().finally(() => {
    exchanging = undefined;
  });
  return (await exchanging).access;
}
