export async function screenCustomer(customerId: string): Promise<'allow' | 'deny'> {
  const response = await fetch(`https://screening.internal/customers/${customerId}`);
  const { decision } = (await response.json()) as { decision: 'allow' | 'deny' };
  return decision;
}
