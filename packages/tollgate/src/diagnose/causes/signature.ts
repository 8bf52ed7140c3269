import type { CauseId } from '../types.ts'
import type { CauseRow } from './cause-row.ts'

type Id = Extract<CauseId, `signature_${string}` | 'not_from_twilio'>

/** What happens to the signature itself. */
export const signatureCauses: Readonly<Record<Id, CauseRow>> = {
  signature_missing: {
    title: 'There is no signature',
    symptom: 'The code is `signature_missing`.',
    reason:
      'Twilio signs every webhook. A proxy, a queue or a replaying tool dropped the header, or the request is not from Twilio.',
    fix: 'Let every proxy pass X-Twilio-Signature on.',
    fixes: {
      lambda: 'Pass the headers on: a mapping template hands over only what it names.',
      nginx: 'nginx passes the header on unless proxy_pass_request_headers is off or a proxy_set_header blanks it.',
      cloudflare: 'Let no Transform Rule or Worker drop the header.',
    },
  },
  signature_truncated: {
    title: 'The signature is cut off or joined',
    symptom: 'The code is `signature_malformed`; the header is too short, or holds a comma.',
    reason:
      'A field of a log or a database was too short, a proxy added the header a second time, or a library joined the two.',
    fix: 'Pass X-Twilio-Signature on whole and once.',
    fixes: { nginx: 'Remove proxy_set_header or add_header lines that set the header again.' },
  },
  signature_encoding: {
    title: 'The signature is spelled otherwise',
    symptom: 'The code is `signature_malformed`; the header has %3D, "-" or "_", quotes, or hex digits.',
    reason:
      'The signature is standard Base64 with its padding. Something on the way encoded it for a URL, made it URL-safe, quoted it or lost the "=".',
    fix: 'Pass X-Twilio-Signature on as it is: standard Base64 with its padding.',
  },
  not_from_twilio: {
    title: 'The request is not from Twilio',
    symptom: 'User-Agent is a browser, curl or a scanner, and I-Twilio-Idempotency-Token is missing.',
    reason: 'Public URLs are found and tried. Refusing such requests is what the check is for.',
    fix: 'Nothing, if others found your URL; to test, sign the request with signRequest of tollgate/testing.',
  },
}
