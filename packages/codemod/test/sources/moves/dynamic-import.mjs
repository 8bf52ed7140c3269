export async function check(signature, url, params) {
  const { validateRequest, validateBody } = await import('twilio/lib/webhooks/webhooks.js')
  const hash = (await import('twilio/lib/webhooks/webhooks.js')).getExpectedBodyHash('{}')
  return validateBody('{}', hash) && validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params)
}
