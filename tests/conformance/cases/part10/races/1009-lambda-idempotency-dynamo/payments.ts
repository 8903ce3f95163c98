export interface Receipt {
  id: string;
}

export const payments = {
  async charge(customerId: string, cents: number): Promise<Receipt> {
    const response = await fetch(`${process.env.PSP_URL}/charges`, {
      method: 'POST',
      body: JSON.stringify({ customerId, cents }),
    });
    if (!response.ok) throw new Error('declined');
    return (await response.json()) as Receipt;
  },
};
