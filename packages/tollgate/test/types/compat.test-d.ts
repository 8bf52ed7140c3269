import { validateRequest, validateRequestWithBody, webhook } from '../../src/compat/index.ts'

declare const [token, signature, url]: [string, string, string]
declare const event: { headers: Record<string, string>; body: string }

// Here a missing header, null and bytes need no cast.
validateRequest(token, undefined, url, null)
validateRequestWithBody(token, event.headers['x-twilio-signature'], url, new Uint8Array())
// @ts-expect-error parameters are no text
validateRequest(token, signature, url, 'Body=hi')
// @ts-expect-error misspelled
webhook({ authtoken: token })
// @ts-expect-error the environment variable may be missing
validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, {})
