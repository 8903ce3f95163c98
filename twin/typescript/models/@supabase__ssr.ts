// @supabase/ssr: the same client, with its session in cookies.
import { SupabaseClient } from './@supabase__supabase-js';

export const createServerClient = (url, key, options) => new SupabaseClient(url, key, options);

export const createBrowserClient = createServerClient;
