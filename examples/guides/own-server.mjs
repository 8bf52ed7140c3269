import { createVerifier } from 'tollgate'

// The Auth Token comes from TWILIO_AUTH_TOKEN.
const verifier = createVerifier({ publicUrl: 'https://api.example.com' })

/**
 * Answers a request of a server that has no adapter.
 * @param {{ method: string, url: string, headers: Record<string, string>, body: Uint8Array }} request
 */
export async function answer(request) {
  const { method, url, headers, body } = request
  const verdict = await verifier.verify({ method, url, headers, body }, request)
  if (!verdict.ok) {
    console.error(verdict.message) // for your log, never for the sender
    return { status: verdict.status, text: 'Twilio Request Validation Failed.' }
  }
  return { status: 200, text: `Hello ${verdict.params.get('From')}` }
}
