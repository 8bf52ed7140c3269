import type { CauseId } from '../types.ts'
import type { CauseRow } from './cause-row.ts'

type Id = Extract<CauseId, `signature_${string}` | 'not_from_twilio'>

/** Changes of the signature header. */
export const signatureCauses: Readonly<Record<Id, CauseRow>> = {
  signature_missing: {
    title: 'There is no signature',
    symptom: 'The code is `signature_missing`.',
    reason:
      'Twilio signs every webhook. A proxy, a queue or a replay tool dropped the header, or the request is not from Twilio.',
    fix: 'Make every proxy pass X-Twilio-Signature on.',
    fixes: {
      lambda: 'Pass the headers on: a mapping template passes only the headers that it names.',
      nginx: 'nginx passes the header on unless proxy_pass_request_headers is off or a proxy_set_header blanks it.',
      cloudflare: 'Check that no Transform Rule or Worker drops the header.',
    },
  },
  signature_truncated: {
    title: 'The signature is cut off or joined',
    symptom: 'The code is `signature_malformed`. The header is too short, or has a comma.',
    reason:
      'A log or database field was too short, a proxy added the header a second time, or a library joined two headers.',
    fix: 'Pass X-Twilio-Signature on complete, and only once.',
    fixes: { nginx: 'Remove proxy_set_header or add_header lines that set the header again.' },
  },
  signature_encoding: {
    title: 'The signature is encoded differently',
    symptom: 'The code is `signature_malformed`. The header has %3D, "-" or "_", quotes, or hex digits.',
    reason:
      'The signature is standard Base64 with padding. Something encoded it for a URL, made it URL-safe, quoted it or lost the "=".',
    fix: 'Pass X-Twilio-Signature on unchanged: standard Base64 with its padding.',
  },
  not_from_twilio: {
    title: 'The request is not from Twilio',
    symptom: 'User-Agent is a browser, curl or a scanner. I-Twilio-Idempotency-Token is missing.',
    reason: 'Scanners find public URLs and send requests to them. The check exists to refuse such requests.',
    fix: 'If a stranger sent it, do nothing. For your own tests, sign the request with signRequest of tollgate/testing.',
  },
}
