import { createClient } from '@supabase/supabase-js';
const supabase = createClient(process.env.URL!, process.env.KEY!);
export async function enroll(courseId: string, userId: string) {
  const { count } = await supabase.from('enrolments').select('*', { count: 'exact', head: true }).eq('course_id', courseId);
  if ((count ?? 0) >= 30) throw new Error('full');
  const { error } = await supabase.from('enrolments').insert({ course_id: courseId, user_id: userId }); // RACE: check-then-act
  if (error) throw error;
}
export async function claim(jobId: string, worker: string) {
  const { data: job } = await supabase.from('jobs').select('*').eq('id', jobId).single();
  if (job.state !== 'queued') return false;
  const { error } = await supabase.from('jobs').update({ state: 'running', worker }).eq('id', jobId); // RACE: check-then-act
  if (error) throw error;
  return true;
}
