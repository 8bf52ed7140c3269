import { sampleWebhook } from 'tollgate/testing'

const callSample = Object.fromEntries(sampleWebhook('call.inbound').params ?? [])

/** The account of the sample webhooks. */
export const sampleAccountSid: string = callSample.AccountSid ?? ''

/** Makes the standard parameters of a call, in the order in which Twilio sends them. */
export function makeCallParams(values: Readonly<Record<string, string>>): Record<string, string> {
  return describeAddresses({ ...callSample, ...values })
}

/** What a caller that is no phone number adds. */
const addresses: readonly { readonly prefix: string; describe(from: string, to: string): Record<string, string> }[] = [
  // https://www.twilio.com/docs/voice/api/receiving-sip: SipDomain is the host that was called.
  {
    prefix: 'sip:',
    describe: (_from, to) => ({
      SipDomain: /^sips?:[^@]*@([^;:?]+)/i.exec(to)?.[1] ?? 'example.sip.twilio.com',
      SipCallId: `${makeSid('')}@203.0.113.5`,
      SipSourceIp: '203.0.113.5',
    }),
  },
  // https://www.twilio.com/docs/messaging/guides/webhook-request
  { prefix: 'whatsapp:', describe: (from) => ({ ProfileName: 'Ada', WaId: from.replace(/\D/g, '') }) },
]

/** Adds what Twilio says about such a caller. Only phone numbers have a city, a state, a zip and a country. */
export function describeAddresses(params: Readonly<Record<string, string>>): Record<string, string> {
  const { From = '', To = '' } = params
  const known = { From, Caller: From, To, Called: To }
  const isPlace = (name: string): boolean => {
    const [, side] = /^(From|Caller|To|Called)(?:City|State|Zip|Country)$/.exec(name) ?? []
    return side !== undefined && !/^\+?\d+$/.test(known[side as keyof typeof known])
  }
  return {
    ...Object.fromEntries(Object.entries(params).filter(([name]) => !isPlace(name))),
    ...addresses.find(({ prefix }) => From.startsWith(prefix))?.describe(From, To),
  }
}

export function makeSid(prefix: string): string {
  return prefix + crypto.randomUUID().replaceAll('-', '')
}
