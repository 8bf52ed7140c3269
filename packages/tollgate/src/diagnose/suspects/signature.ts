import type { Suspect } from './suspect.ts'

export const signatureSuspects: readonly Suspect[] = [
  ({ presented, subject, rejection }) => {
    if (rejection.code !== 'signature_missing' && presented.length > 0) return undefined
    if (subject.signatureIsBlank)
      return { id: 'signature_missing', score: 100, detail: 'The X-Twilio-Signature header is there and blank.' }
    if (rejection.code === 'signature_missing')
      return {
        id: 'signature_missing',
        score: subject.evidence.looksLikeTwilio ? 100 : 91,
        detail: subject.evidence.looksLikeTwilio
          ? 'The request looks like one of Twilio and has no X-Twilio-Signature header: a proxy dropped it.'
          : 'The request has no X-Twilio-Signature header.',
      }
    return undefined
  },
  ({ presented, rejection, subject }) =>
    presented.length === 0 && rejection.code === 'signature_malformed' && !subject.signatureIsBlank
      ? { id: 'signature_encoding', score: 95, detail: 'X-Twilio-Signature holds no signature in any known spelling.' }
      : undefined,
  ({ presented, subject }) => {
    const [first] = presented
    if (first?.cause === undefined) return undefined
    // Its own repair did not match: there is more to it, or the rest of the request was not read.
    return { ...first.cause, score: subject.unread ? 95 : 80 }
  },
  ({ subject: { evidence, body, unread }, rejection }) => {
    if (evidence.looksLikeTwilio) return undefined
    const agent = evidence.userAgent === undefined ? 'no User-Agent' : 'another User-Agent'
    const isTool = /curl|wget|mozilla|python|postman|insomnia|bot|java|go-http|node|axios|okhttp|undici|httpie/i.test(
      evidence.userAgent ?? '',
    )
    return {
      id: 'not_from_twilio',
      score: isTool
        ? rejection.code === 'signature_missing'
          ? 95
          : 80
        : rejection.code === 'signature_missing'
          ? 60
          : 70,
      detail: `The request has ${agent} and no I-Twilio-Idempotency-Token header, which Twilio sends${body === undefined && !unread ? ', and no body' : ''}.`,
    }
  },
  ({ subject: { tooLarge } }) =>
    tooLarge
      ? {
          id: 'not_from_twilio',
          score: 90,
          detail: 'The form is larger than any known webhook of Twilio’s, so that nothing was searched.',
        }
      : undefined,
  ({ rejection }) =>
    rejection.code === 'algorithm_unsupported' || rejection.code === 'signature_settings_malformed'
      ? {
          id: 'algorithm',
          score: 95,
          detail: 'The settings header is malformed, or names an algorithm that a SharedKey does not sign with.',
        }
      : undefined,
]
