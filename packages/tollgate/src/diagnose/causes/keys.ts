import type { CauseId } from '../types.ts'
import type { CauseRow } from './cause-row.ts'

type Id = Extract<CauseId, `token_${string}` | 'shared_key_unconfigured' | 'algorithm'>

/** Wrong keys. */
export const keyCauses: Readonly<Record<Id, CauseRow>> = {
  token_of_other_account: {
    title: 'The token of another account',
    symptom:
      'Every request is refused although the URL is right, or only requests for the numbers of one subaccount are refused.',
    reason:
      'Twilio signs with the Auth Token of the account that owns the number or the resource. A subaccount signs with its own token, never with its parent’s. An old token signs nothing after its rotation.',
    fix: 'Use the Auth Token of the account (or subaccount) that owns the number or the resource.',
  },
  token_whitespace: {
    title: 'White space in the token',
    symptom: 'The server does not start ("has white space around it"), or every request is refused.',
    reason: 'A secret file ends with a line break, or someone copied the token with a space. Every byte counts.',
    fix: "Remove the white space around the Auth Token, or the SharedKey's secret, in the environment or its file.",
  },
  token_quoted: {
    title: 'The token in quotes',
    symptom: 'The server does not start ("is in quotes"), or every request is refused.',
    reason: 'docker --env-file, systemd and some consoles keep the quotes of TWILIO_AUTH_TOKEN="…".',
    fix: "Remove the quotes around the Auth Token, or the SharedKey's secret.",
  },
  token_is_api_key: {
    title: 'An API key instead of the token',
    symptom: 'The configured secret begins with SK, or has letters after "f".',
    reason: 'API keys are for calls to Twilio. Twilio never signs webhooks with them.',
    fix: 'Configure the Auth Token of the account. API keys sign no webhooks.',
  },
  token_is_account_sid: {
    title: 'An AccountSid instead of the token',
    symptom: 'The configured secret begins with AC.',
    reason: 'The console shows the two next to each other.',
    fix: 'Configure the Auth Token, which is below the AccountSid in the console.',
  },
  shared_key_unconfigured: {
    title: 'A SharedKey that is not configured',
    symptom:
      'The code is `key_unknown`, or `signature_malformed` with a signature of 44 characters, or `key_not_allowed`.',
    reason:
      'Because of a webhook rule, Twilio signs with a SharedKey and names it in X-Twilio-Webhooks-Signature-Settings. You configured no secret for that id, or a proxy dropped the header.',
    fix: 'Add the SharedKey to "sharedKeys" under its id, and pass X-Twilio-Webhooks-Signature-Settings on.',
    fixes: {
      nginx: 'Add the id to "sharedKeys"; nginx passes the header on unless proxy_pass_request_headers is off.',
      alb: 'Add the id to "sharedKeys"; the load balancer passes the header on.',
    },
  },
  algorithm: {
    title: 'The wrong algorithm',
    symptom: 'The code is `algorithm_unsupported`, or the length of the signature does not fit the settings header.',
    reason:
      'Auth Tokens sign with HMAC-SHA1, SharedKeys with HMAC-SHA256. A request may choose a key but never weaken one, so no other pair is tried.',
    fix: 'Use SharedKeys with HMAC_SHA256 and Auth Tokens without a settings header.',
  },
}
