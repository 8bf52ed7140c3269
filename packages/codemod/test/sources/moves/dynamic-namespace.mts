export async function check(signature: string, url: string, params: object): Promise<boolean> {
  const sdk = await import('twilio')
  const validateRequest = sdk.default.validateRequest
  const withBody = (sdk as any).validateRequestWithBody ?? (sdk as any).default?.validateRequestWithBody
  return typeof withBody === 'function' && validateRequest(process.env.TWILIO_AUTH_TOKEN ?? '', signature, url, params as any)
}
