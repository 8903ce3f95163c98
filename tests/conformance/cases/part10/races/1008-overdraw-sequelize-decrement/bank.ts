export async function sendToBank(accountId: string, amount: number): Promise<string> {
  const response = await fetch('https://bank.example/transfers', {
    method: 'POST',
    body: JSON.stringify({ accountId, amount }),
    headers: { 'content-type': 'application/json' },
  });
  if (!response.ok) throw new Error(`bank said ${response.status}`);
  return ((await response.json()) as { reference: string }).reference;
}
