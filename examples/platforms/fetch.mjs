import { twilioWebhook } from 'tollgate/fetch'

const answer = () => new Response('<Response/>', { headers: { 'content-type': 'text/xml' } })

// #region supabase
// Deno.serve(supabase)
export const supabase = twilioWebhook({ publicUrl: 'https://abcdefghijkl.supabase.co/functions/v1' }, answer)
// #endregion

// #region netlify
// export default netlify
export const netlify = twilioWebhook({ publicUrl: 'https://example.netlify.app' }, answer)
// #endregion

// #region vercel
// export const POST = vercel
export const vercel = twilioWebhook({ publicUrl: 'https://example.vercel.app' }, answer)
// #endregion
