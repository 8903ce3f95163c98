export async function sendDigests(day: Date): Promise<void> {
  await fetch('http://mail.internal/digests', { method: 'POST', body: JSON.stringify({ day: day.toISOString().slice(0, 10) }) });
}
