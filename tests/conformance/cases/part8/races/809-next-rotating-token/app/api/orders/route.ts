import { NextResponse, type NextRequest } from 'next/server';
import { accessToken } from '../../../lib/partner';

export async function GET(_request: NextRequest) {
  const token = await accessToken();
  const response = await fetch('https://partner.example/orders', { headers: { authorization: `Bearer ${token}` } });
  return NextResponse.json(await response.json());
}
