import { validateRequest } from 'twilio'

interface Event { headers: Record<string, string | undefined>; body: string; url: string }

export const handler = async (event: Event) => {
  const params = Object.fromEntries(new URLSearchParams(event.body))
  const signature = event.headers['x-twilio-signature'] ?? ''
  if (!validateRequest(process.env['TWILIO_AUTH_TOKEN']!, signature, event.url, params)) return { statusCode: 403 }
  return { statusCode: 200, body: '<Response/>' }
}

export const check = async (signature: string, url: string, params: Record<string, string>) => {
  const body = new URLSearchParams(params).toString()
  return (await handler({ headers: { 'x-twilio-signature': signature }, body, url })).statusCode === 200
}
