import { createClient } from '@supabase/supabase-js';
const supabase = createClient(process.env.URL!, process.env.KEY!);
export async function likePost(postId: string) {
  const { error } = await supabase.rpc('increment_likes', { post_id: postId });
  if (error) throw error;
}
export async function claim(jobId: string, worker: string) {
  const { data, error } = await supabase.from('jobs').update({ worker, state: 'running' }).eq('id', jobId).eq('state', 'queued').select().maybeSingle();
  if (error) throw error;
  if (!data) return false;
  await supabase.from('runs').insert({ job_id: jobId, worker });
  return true;
}
