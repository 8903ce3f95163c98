// pattern: route handler looks the voter up, awaits the captcha check, then counts the vote
import { NextResponse, type NextRequest } from 'next/server';
import { verifyCaptcha } from '@/lib/captcha';

interface Ballot {
  userId: string;
  option: string;
  captcha: string;
}

const voters = new Set<string>();
const tally = new Map<string, number>();

export async function GET(): Promise<NextResponse> {
  return NextResponse.json(Object.fromEntries(tally));
}

export async function POST(request: NextRequest): Promise<NextResponse> {
  const ballot = (await request.json()) as Ballot;
  if (voters.has(ballot.userId)) {
    return NextResponse.json({ error: 'already voted' }, { status: 409 });
  }
  if (!(await verifyCaptcha(ballot.captcha))) {
    return NextResponse.json({ error: 'captcha failed' }, { status: 400 });
  }
  voters.add(ballot.userId); // RACE: check-then-act
  tally.set(ballot.option, (tally.get(ballot.option) ?? 0) + 1); // RACE: check-then-act
  return NextResponse.json({ ok: true }, { status: 201 });
}
