/**
 * What the page of each rejection code says besides its status and message, which `src/verdict.ts` holds: what it means, what to look
 * at, the causes that usually stand behind it, and what to do.
 * @type {Readonly<Record<string, { means: string, look: readonly string[], causes: readonly string[], fix: string }>>}
 */
export const rejectionPages = {
  method_not_allowed: {
    means:
      'The request is neither GET nor POST, nor a WebSocket handshake. Twilio uses no other method, and the signature does not cover the method: a captured POST must not work as a DELETE.',
    look: [
      'Who sent it? Health checks and scanners use HEAD and OPTIONS.',
      'Does a handshake reach the app with its Upgrade and Connection headers?',
      'Does the code that calls the verifier give the method in capitals?',
    ],
    causes: ['not_from_twilio', 'websocket_scheme'],
    fix: 'Nothing, for health checks and scanners: give them a path of their own. Pass the method on as it arrived.',
  },
  signature_missing: {
    means: 'There is no X-Twilio-Signature header. It is decided before the body is read.',
    look: [
      'Do `User-Agent: TwilioProxy/1.1` and `I-Twilio-Idempotency-Token` arrive? Then the request is from Twilio, and something dropped the header.',
      'Is it a request of your own? `tollgate/testing` signs test requests.',
    ],
    causes: ['signature_missing', 'not_from_twilio'],
    fix: 'Let every proxy, gateway and queue pass the header on.',
  },
  signature_malformed: {
    means:
      'X-Twilio-Signature is there, and is not one canonical Base64 text: of 20 bytes (28 characters) for an Auth Token, of 32 bytes (44 characters) for a SharedKey.',
    look: [
      'Is the header there twice, or joined by a comma?',
      'Is it shorter than 28 characters, or does it hold `%3D`, `-`, `_`, quotes or hex digits?',
      'Has it 44 characters while X-Twilio-Webhooks-Signature-Settings is missing? Then a SharedKey signed.',
    ],
    causes: ['signature_truncated', 'signature_encoding', 'shared_key_unconfigured', 'algorithm'],
    fix: 'Pass the header on as it is, whole and once.',
  },
  signature_settings_malformed: {
    means:
      'X-Twilio-Webhooks-Signature-Settings is not exactly one `key=…,algorithm=…`. It names the SharedKey that signed, and is never guessed at.',
    look: ['Is the header there twice?', 'Was it re-ordered, quoted or given spaces on the way?'],
    causes: ['algorithm', 'shared_key_unconfigured', 'not_from_twilio'],
    fix: 'Pass the header on as it is.',
  },
  algorithm_unsupported: {
    means:
      'The settings header names an algorithm that is unknown, or one that a SharedKey is not used with. A SharedKey verifies with HMAC_SHA256 alone: the header chooses a key, and cannot weaken one.',
    look: [
      'Which algorithm does the Setting of the webhook rule name?',
      'Is this version of Tollgate older than the algorithm?',
    ],
    causes: ['algorithm', 'not_from_twilio'],
    fix: 'Choose HMAC_SHA256 in the Setting of the webhook rule.',
  },
  key_not_allowed: {
    means:
      'The request is signed with an Auth Token, and `sharedKeysOnly` is set, so that no one can downgrade to the older key.',
    look: [
      'Does a webhook rule with a SharedKey apply to this very URL? Rules match by the longest prefix.',
      'Is a second Setting without a SharedKey still in the rule? Twilio then picks between the two.',
      'Did a proxy drop X-Twilio-Webhooks-Signature-Settings?',
    ],
    causes: ['shared_key_unconfigured', 'signature_missing'],
    fix: 'Finish the move to SharedKeys in Twilio before `sharedKeysOnly` is set; see [rotation and SharedKeys](../rotation-and-shared-keys.md).',
  },
  url_not_allowed: {
    means:
      'The public URL of the request cannot be told, or its host is not one that the options allow: Host is missing, malformed or not on the list, forwarding headers came from a peer that is not trusted, or the request target is no path.',
    look: [
      'The message says which of these it was.',
      'What is in Host, X-Forwarded-Host and Forwarded when the request reaches the app?',
      'From which address does the proxy connect? It has to be among `trustedProxies`.',
    ],
    causes: ['host', 'scheme', 'fragment'],
    fix: 'Name the one host in `publicUrl`, or list the hosts and the proxies; see [behind a proxy](../behind-a-proxy.md).',
  },
  content_encoding_unsupported: {
    means: 'The body is compressed. Twilio sends plain bodies, and what is signed are the plain bytes.',
    look: [
      'Does a proxy compress requests? Hardly any does.',
      'Did something decompress the body and leave Content-Encoding in?',
    ],
    causes: ['not_from_twilio'],
    fix: 'Let the proxy pass bodies on as they are; where it decompresses them, it has to drop Content-Encoding.',
  },
  body_too_large: {
    means:
      'The body is larger than `maxBodyBytes` (1 MiB by default), as Content-Length says or as was found while reading.',
    look: [
      'How large are the largest events that you receive? Batches of Event Streams are.',
      'Is it a request of Twilio’s at all?',
    ],
    causes: ['not_from_twilio'],
    fix: 'Raise `maxBodyBytes` where genuine requests are that large.',
  },
  body_already_consumed: {
    means:
      'Something read the body before Tollgate could, and kept no bytes. From a parsed object the bytes that were signed cannot be had back, so the answer is 500: this is a mistake in the set-up, not in the request.',
    look: [
      'The message names what read it, where that is known, and the fix.',
      'Is a body parser mounted for the whole app, ahead of the guard?',
    ],
    causes: ['body_already_parsed', 'body_reserialized'],
    fix: 'Put the guard before the body parser, or have the parser keep the bytes.',
  },
  body_malformed: {
    means:
      'A form body has invalid percent-encoding or invalid UTF-8, or broke off. It is not guessed at: two parsers would guess differently.',
    look: [
      'Was the body decoded before, so that a lone `%` stands in it?',
      'Was it re-encoded in another charset than UTF-8?',
      'Did the connection end early?',
    ],
    causes: ['params_plus_as_space', 'form_taken_as_json', 'not_from_twilio'],
    fix: 'Hand over the bytes that arrived.',
  },
  body_unsigned: {
    means:
      'The body is not empty, and the signature covers none of it: it is no form, and the URL has no `bodySHA256`; or it is a GET with a body. Whoever holds a signed URL could put anything there.',
    look: [
      'What is Content-Type? A form with another type is not taken for a form.',
      'Is it JSON? Then `bodySHA256` has to be in the query that reaches the app.',
    ],
    causes: ['form_taken_as_json', 'body_hash_missing', 'query_missing'],
    fix: 'Pass Content-Type and the query on as they arrived.',
  },
  body_hash_mismatch: {
    means:
      '`bodySHA256` in the URL is not the hash of this body, or is malformed, or is there twice with different values.',
    look: [
      'Is the body written anew (`JSON.stringify`) instead of the bytes that arrived?',
      'Did a line break at the end, or CRLF, get lost?',
      'Is the body empty? Then something read it before.',
    ],
    causes: ['body_reserialized', 'body_whitespace', 'body_already_parsed'],
    fix: 'Hand over the bytes that arrived.',
  },
  key_unknown: {
    means:
      'No secret is known for the SharedKey id, or no token for the account, that the request names; or its AccountSid is not `AC` and 32 hex digits. Nothing falls back to another account’s token.',
    look: [
      'Which AccountSid, or which key id, does the request name?',
      'Does the record or the look-up of tokens have it?',
    ],
    causes: ['token_of_other_account', 'shared_key_unconfigured', 'not_from_twilio'],
    fix: 'Add the account’s token, or the SharedKey’s secret; see [subaccounts](../subaccounts.md).',
  },
  key_lookup_failed: {
    means:
      'The look-up of tokens or SharedKeys threw, took longer than `lookupTimeoutMs`, or gave something unusable. The answer is 503, so that a retry may pass.',
    look: [
      'Does the look-up give a string, a list of strings, or `{ authToken, accountSid }`? A token with white space or quotes is unusable.',
      'Is the database or the secret store reachable, and fast enough?',
    ],
    causes: ['token_whitespace', 'token_quoted'],
    fix: 'Mend the look-up, and put `cached` of `tollgate/keys` around it.',
  },
  signature_mismatch: {
    means:
      'Everything is well-formed, and no allowed key makes this signature under any form of the URL: the URL, the parameters or the key differ from those that Twilio signed with, or the request is forged.',
    look: [
      '`tried` in the verdict has the URLs that were checked. Is one of them what stands in the Twilio console?',
      'Does it fail for every request (URL, key), or for some (query, parameters)?',
      'Give the verifier `diagnose`: it searches for what happened.',
    ],
    causes: [
      'scheme',
      'host',
      'path_prefix',
      'token_of_other_account',
      'query_encoding',
      'params_trimmed',
      'not_from_twilio',
    ],
    fix: 'Start at [why does validation fail?](../why-does-validation-fail.md)',
  },
  account_not_allowed: {
    means:
      'The signature is right, and the request names another account than the one that owns the key, several of them, or one that is not in `accountSid`.',
    look: [
      'Which AccountSid does the request name, and which does `accountSid` allow?',
      'Is a token filed under another account than its own?',
    ],
    causes: ['token_of_other_account'],
    fix: 'Allow the account in `accountSid`, or file each token under the account that owns it.',
  },
  replayed: {
    means:
      'The replay guard has seen this very delivery before, it is of a kind that Twilio never repeats, and `onReplay` is `reject`.',
    look: [
      'Did the first delivery end in a throw or a 5xx without its claim being released? Then a retry is refused.',
      'Do two services share one store and one prefix?',
    ],
    causes: ['not_from_twilio'],
    fix: 'Nothing, for a genuine replay. Where retries are refused, release the claim of failed work; see [replays](../replay.md).',
  },
  replay_store_failed: {
    means:
      'The store of the replay guard failed or took too long, so that nobody can tell whether the delivery is new. The answer is 503, so that a retry may pass.',
    look: ['Is Redis reachable?', 'Does your own store’s `add` throw?'],
    causes: [],
    fix: `Mend the store. Where a replay does less harm than a lost webhook, set \`onStoreFailure: 'accept'\`.`,
  },
}
