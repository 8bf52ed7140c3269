/**
 * The texts of the page of each rejection code: its meaning, what to check, and what to do.
 * `src/verdict.ts` holds the status and the message. The causes name the codes of which they are
 * usual.
 * @type {Readonly<Record<string, { means: string, look: readonly string[], fix: string }>>}
 */
export const rejectionPages = {
  method_not_allowed: {
    means:
      'The option `methods` does not list the method of the request, or the server opens a WebSocket and the request does not ask for one. Twilio uses GET and POST, and PUT for WhatsApp and RCS senders that are set to it. The signature does not cover the method, so a captured POST must not work as a DELETE.',
    look: [
      'Which client sent it? Health checks and scanners use HEAD and OPTIONS.',
      'Does a handshake reach the app with its Upgrade and Connection headers?',
      'Is it a PUT of Twilio? Then a WhatsApp or RCS sender is set to PUT.',
      'Does the code that calls the verifier pass the method in capitals?',
    ],
    fix: "For health checks, use a separate path. For scanners, do nothing. For a sender that is set to PUT, set `methods: ['GET', 'POST', 'PUT']`. Pass the method on unchanged.",
  },
  signature_missing: {
    means: 'There is no X-Twilio-Signature header. Tollgate decides this before it reads the body.',
    look: [
      'Do `User-Agent: TwilioProxy/1.1` and `I-Twilio-Idempotency-Token` arrive? Then the request is probably from Twilio, and something dropped the header.',
      'Is it your own request? `tollgate/testing` signs test requests.',
    ],
    fix: 'Make every proxy, gateway and queue pass the header on.',
  },
  signature_malformed: {
    means:
      'X-Twilio-Signature is not one canonical Base64 text of the right length. An Auth Token makes 20 bytes (28 characters). A SharedKey makes 32 bytes (44 characters).',
    look: [
      'Is the header sent twice, or joined by a comma?',
      'Is it shorter than 28 characters, or does it have `%3D`, `-`, `_`, quotes or hex digits?',
      'Does it have 44 characters while X-Twilio-Webhooks-Signature-Settings is missing? Then a SharedKey signed it.',
    ],
    fix: 'Pass the header on unchanged, complete and only once.',
  },
  signature_settings_malformed: {
    means:
      'X-Twilio-Webhooks-Signature-Settings is not exactly one `key=…,algorithm=…`, X-Twilio-Signature-Key-Sid is not one id, or the two headers name different keys. They name the SharedKey that signed. Tollgate never guesses it.',
    look: ['Is the header sent twice?', 'Did something reorder it, quote it or add spaces?'],
    fix: 'Pass the header on unchanged.',
  },
  algorithm_unsupported: {
    means:
      'The settings header names an unknown algorithm, or not the algorithm of this SharedKey. A SharedKey verifies only with the `algorithm` in your configuration (default HMAC_SHA256): the header chooses a key, and cannot weaken it.',
    look: [
      'Which algorithm does the Setting of the webhook rule name?',
      'Is this version of Tollgate older than the algorithm?',
    ],
    fix: 'Choose HMAC_SHA256 in the Setting of the webhook rule, or set the `algorithm` of the SharedKey.',
  },
  key_not_allowed: {
    means:
      'The request is signed with an Auth Token, and `sharedKeysOnly` is set. The option stops a downgrade to the older kind of key.',
    look: [
      'Does a webhook rule with a SharedKey apply to exactly this URL? Rules match by the longest prefix.',
      'Does the rule still have a second Setting without a SharedKey? Twilio then picks one of the two.',
      'Did a proxy drop X-Twilio-Webhooks-Signature-Settings?',
    ],
    fix: 'Finish the move to SharedKeys at Twilio before you set `sharedKeysOnly`: see [rotation and SharedKeys](../rotation-and-shared-keys.md).',
  },
  url_not_allowed: {
    means:
      'Tollgate cannot determine the public URL of the request, or the options do not allow its host. Host is missing, malformed or not on the list, forwarding headers came from an untrusted peer, or the request target is not a path. A query with more than 10,000 pairs, which no webhook has, is refused too.',
    look: [
      'The message says which of these it is.',
      'Which values do Host, X-Forwarded-Host and Forwarded have when the request reaches the app?',
      'From which address does the proxy connect? `trustedProxies` must include it.',
    ],
    fix: 'Set `publicUrl` to the public host, or list the hosts and the proxies: see [behind a proxy](../behind-a-proxy.md).',
  },
  content_encoding_unsupported: {
    means: 'The body is compressed. Twilio sends plain bodies, and signs the plain bytes.',
    look: [
      'Does a proxy compress requests? This is rare.',
      'Did something decompress the body and keep Content-Encoding?',
    ],
    fix: 'Let the proxy pass bodies on unchanged. If it decompresses them, it must remove Content-Encoding.',
  },
  body_too_large: {
    means:
      'The body is larger than `maxBodyBytes` (1 MiB by default). Content-Length says so, or Tollgate found it while reading.',
    look: [
      'How large are the largest events that you receive? Batches of Event Streams are large.',
      'Does the request come from Twilio?',
    ],
    fix: 'Raise `maxBodyBytes` if genuine requests are that large.',
  },
  body_already_consumed: {
    means:
      'Something read the body before Tollgate, and kept no bytes. Tollgate cannot rebuild the signed bytes from a parsed object. The answer is 500, because this is a mistake in the set-up, not in the request.',
    look: [
      'The message names what read the body, if that is known, and the fix.',
      'Is a body parser mounted for the whole app, before the guard?',
    ],
    fix: 'Put the guard before the body parser, or make the parser keep the bytes.',
  },
  body_malformed: {
    means:
      'A form body has invalid percent-encoding or invalid UTF-8, is incomplete, begins with `?` (which web runtimes drop), or has more than 10,000 pairs, which no webhook has. Tollgate does not guess it, because two parsers would guess differently. Any body that does not match and is shorter than its Content-Length is refused with this code too, because something before Tollgate cut it.',
    look: [
      'Was the body decoded before, so that it has a lone `%`?',
      'Was it re-encoded in a charset other than UTF-8?',
      'Did the connection end early?',
      'Does the message say that only a part of the bytes arrived? Raise the limit of the framework or the server: below a `proxy` or `middleware`, Next cuts a body after `experimental.proxyClientMaxBodySize` (10 MB), and a cache rule of Nitro 3 drops the body.',
    ],
    fix: 'Pass the bytes that arrived.',
  },
  body_unsigned: {
    means:
      'The body is not empty, and the signature covers no part of it. The body is not a form and the URL has no `bodySHA256`, or its Content-Type names another charset than UTF-8, or the request is a GET with a body. Anyone with a signed URL could send any body.',
    look: [
      'Which Content-Type does it have? Tollgate does not treat a form with another type as a form.',
      'Is it JSON? Then the query that reaches the app must have `bodySHA256`.',
    ],
    fix: 'Pass Content-Type and the query on unchanged.',
  },
  body_hash_mismatch: {
    means:
      '`bodySHA256` in the URL is not the hash of this body, or is malformed, or is repeated with different values. A request without a body must have the hash of no bytes, so a captured JSON event cannot be sent again without its body. The only exception is the status callback of a regulatory bundle, a GET that also names `AccountSid` and `BundleSid`.',
    look: [
      'Is the body serialised again (`JSON.stringify`), instead of the bytes that arrived?',
      'Did a line break at the end, or a CRLF, get lost?',
      'Is the body empty? Then something read it first.',
    ],
    fix: 'Pass the bytes that arrived.',
  },
  key_unknown: {
    means:
      'The request names a SharedKey id without a known secret, or an account without a known token. Or its AccountSid is not `AC` and 32 hex digits. Tollgate never tries another account’s token.',
    look: [
      'Which AccountSid, or which key id, does the request name?',
      'Does your record or look-up of tokens have it?',
    ],
    fix: 'Add the account’s token, or the SharedKey’s secret: see [subaccounts](../subaccounts.md).',
  },
  key_lookup_failed: {
    means:
      'A look-up (the function `authToken`, `sharedKeys` or `allowedHosts`) threw, took longer than `lookupTimeoutMs`, or returned an unusable value. The answer is 503, so a retry may pass.',
    look: [
      'Does the look-up return a string, a list of strings, or `{ authToken, accountSid }`? A token with white space or quotes is unusable.',
      'Is the database or the secret store reachable, and fast enough?',
    ],
    fix: 'Fix the look-up, and wrap it with `cached` from `tollgate/keys`.',
  },
  signature_mismatch: {
    means:
      'The request is well-formed, but no allowed key makes this signature under any URL form. The URL, the parameters or the key differ from those that Twilio used, or the request is forged.',
    look: [
      '`tried` in the verdict has the URLs that were checked. Is one of them the URL in the Twilio console?',
      'Does every request fail (URL, key), or only some (query, parameters)?',
      'Pass `diagnose` to the verifier: it searches for the cause.',
    ],
    fix: 'Start with [why does validation fail?](../why-does-validation-fail.md)',
  },
  account_not_allowed: {
    means:
      'The signature is right, but the account is not allowed. The request names an account that does not own the key, or several accounts, or one that is not in `allowedAccounts`. If the key belongs to an account, a body with `bodySHA256` must be exactly one JSON text.',
    look: [
      'Which AccountSid does the request name, and which does `allowedAccounts` list?',
      'Is a token stored under the wrong account?',
    ],
    fix: 'Allow the account in `allowedAccounts`, or store each token under the account that owns it.',
  },
  stale: {
    means:
      "The signed timestamp of SendGrid's request is older than `maxAgeSeconds`, and `whenStale` is `reject`. Tollgate decides this before it reads the body.",
    look: [
      'Is it a retry? SendGrid retries for 24 hours, and does not document whether it signs a retry again.',
      'Is the clock of the server right?',
    ],
    fix: "Set `whenStale: 'mark'` and read `stale` of the verdict, or a larger `maxAgeSeconds`. See [the Event Webhook](../sendgrid-event-webhook.md).",
  },
  params_misshapen: {
    means:
      'The signature matches, and the option `checkParams` refuses the parameters. With `hasWebhookShape`, their names or values are not those that Twilio gives them. Twilio signs a form without delimiters, so anyone who wrote a value, such as the text of an SMS, can send the same text again, cut into other parameters.',
    look: [
      'Which parameter is it? Call `findMisshapen` of `tollgate/params` with the parameters. Its names may be texts of users.',
      'Does your own code send the request, with names or values of its own, for example a Studio flow?',
      'Has Twilio added a parameter that this version of Tollgate takes for a part of another one?',
    ],
    fix: 'For a request that was cut anew, do nothing. For your own parameters, leave `checkParams` out on that route.',
  },
  replayed: {
    means:
      'The replay guard saw this delivery before and its work succeeded, Twilio never repeats this kind, and `whenRepeated` is `reject`.',
    look: [
      'Did the first delivery fail without a release? An adapter releases it after an exception, 401 or 5xx. Your own code has to call `release()`.',
      'Do two services share one store and one prefix?',
    ],
    fix: 'For a real replay, do nothing. If retries are refused, call `release()` when the work fails: see [replays](../replay.md).',
  },
  replay_pending: {
    means:
      'The replay guard has reserved this delivery for another copy, and the work on that copy has not ended. The answer is 503, so a retry may pass: after the work has failed, or after the lease (`leaseSeconds`) if the process crashed.',
    look: [
      'Did a retry or a replay arrive while the first copy was still being handled?',
      'Did the process of the first copy crash? Then the delivery is free again after the lease.',
      'Do you set `reportsOutcome` without calling `confirm()` and `release()`?',
    ],
    fix: 'Usually nothing. Let Twilio retry after a 5xx: see [replays](../replay.md#retries).',
  },
  replay_store_failed: {
    means:
      'The store of the replay guard failed or took too long. The guard cannot know whether the delivery is new. The answer is 503, so a retry may pass.',
    look: ['Is Redis reachable?', 'Does a method of your own store throw?'],
    fix: `Fix the store. If a replay does less harm than a lost webhook, set \`whenStoreFails: 'accept'\`.`,
  },
}
