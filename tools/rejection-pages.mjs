/**
 * The texts of the page of each rejection code: its meaning, what to check, and what to do.
 * `src/verdict.ts` holds the status and the message. The causes name the codes of which they are
 * usual.
 * @type {Readonly<Record<string, { means: string, look: readonly string[], fix: string }>>}
 */
export const rejectionPages = {
  method_not_allowed: {
    means:
      'The option `methods` does not list the method of the request, or your server opens a WebSocket here and the request does not ask for one. Twilio uses GET and POST, and PUT for WhatsApp and RCS senders that are set to it. Other methods are refused because the signature does not cover the method: a captured POST must not work as a DELETE.',
    look: [
      'Which client sent it? Health checks and scanners use HEAD and OPTIONS.',
      'Does a handshake reach the app with its Upgrade and Connection headers?',
      'Is it a PUT of Twilio? Then a WhatsApp or RCS sender is set to PUT.',
      'Does the code that calls the verifier pass the method in capitals?',
    ],
    fix: "If a health check sent the request, give it a path of its own, and if a scanner did, do nothing. If one of your senders is set to PUT, set `methods: ['GET', 'POST', 'PUT']`. If your own code calls the verifier, let it pass the method on unchanged.",
  },
  signature_missing: {
    means:
      'The request has no X-Twilio-Signature header, so nothing proves that Twilio sent it. Tollgate decides this before it reads the body.',
    look: [
      'Do `User-Agent: TwilioProxy/1.1` and `I-Twilio-Idempotency-Token` arrive? Then the request is probably from Twilio, and something dropped the header.',
      'Is it your own request? `tollgate/testing` signs test requests.',
    ],
    fix: 'If the request is from Twilio, something between Twilio and your code dropped the header, so make every proxy, gateway and queue pass it on. If it is not, do nothing.',
  },
  signature_malformed: {
    means:
      'X-Twilio-Signature is not one canonical Base64 text of the right length. A signature of an Auth Token has 20 bytes, which are 28 characters, and one of a SharedKey has 32 bytes, which are 44 characters.',
    look: [
      'Is the header sent twice, or joined by a comma?',
      'Is it shorter than 28 characters, or does it have `%3D`, `-`, `_`, quotes or hex digits?',
      'Does it have 44 characters while X-Twilio-Webhooks-Signature-Settings is missing? Then a SharedKey signed it.',
    ],
    fix: 'Let every proxy, queue and test tool pass the header on unchanged, complete and only once.',
  },
  signature_settings_malformed: {
    means:
      'X-Twilio-Webhooks-Signature-Settings is not exactly one `key=…,algorithm=…`, X-Twilio-Signature-Key-Sid is not one id, or the two headers name different keys. They name the SharedKey that signed, and Tollgate never guesses which one it was.',
    look: ['Is the header sent twice?', 'Did something reorder it, quote it or add spaces?'],
    fix: 'Find out what changes the header on its way to you, and let it pass the header on unchanged.',
  },
  algorithm_unsupported: {
    means:
      'The settings header names an unknown algorithm, or another one than you configured for this SharedKey. A SharedKey verifies only with the `algorithm` in your configuration (default HMAC_SHA256): the header chooses a key, and cannot weaken it.',
    look: [
      'Which algorithm does the Setting of the webhook rule name?',
      'Is this version of Tollgate older than the algorithm?',
    ],
    fix: 'Choose HMAC_SHA256 in the Setting of the webhook rule, or set the `algorithm` of the SharedKey.',
  },
  key_not_allowed: {
    means:
      'The request is signed with an Auth Token, but you have set `sharedKeysOnly`, so that no one can downgrade your webhooks to the older kind of key.',
    look: [
      'Does a webhook rule with a SharedKey apply to exactly this URL? If several rules match, the one with the longest prefix counts.',
      'Does the rule still have a second Setting without a SharedKey, so that Twilio picks one of the two?',
      'Did a proxy drop X-Twilio-Webhooks-Signature-Settings?',
    ],
    fix: 'Finish the move to SharedKeys at Twilio before you set `sharedKeysOnly`: see [rotation and SharedKeys](../rotation-and-shared-keys.md).',
  },
  url_not_allowed: {
    means:
      'Tollgate cannot determine the public URL of the request, or your options do not allow its host: Host is missing, malformed or not on the list, forwarding headers came from an untrusted peer, or the request target is not a path. A query with more than 10,000 pairs, which no webhook has, is refused too.',
    look: [
      'Which of these is it? The message in your log says so.',
      'Which values do Host, X-Forwarded-Host and Forwarded have when the request reaches the app?',
      'From which address does the proxy connect, and does `trustedProxies` include it?',
    ],
    fix: 'Set `publicUrl` to the public host, or list the hosts and the proxies: see [behind a proxy](../behind-a-proxy.md).',
  },
  content_encoding_unsupported: {
    means:
      'The body is compressed, but Twilio sends plain bodies and signs their bytes, so the check cannot use this one.',
    look: [
      'Does a proxy compress requests on their way to you, which is rare?',
      'Did something decompress the body and keep Content-Encoding?',
    ],
    fix: 'Let the proxy pass bodies on unchanged. If it decompresses them, it must remove Content-Encoding.',
  },
  body_too_large: {
    means:
      'The body is larger than `maxBodyBytes`, which is 1 MiB by default and limits what a stranger can make your server read. Content-Length says so, or Tollgate noticed it while reading.',
    look: [
      'Do you receive batches of Event Streams, which can be large?',
      'Does the request come from Twilio at all, or from a stranger?',
    ],
    fix: 'If genuine requests are that large, raise `maxBodyBytes`. Otherwise do nothing.',
  },
  body_already_consumed: {
    means:
      'Something read the body before Tollgate and kept no bytes, and the signed bytes cannot be rebuilt from a parsed object. The answer is 500, because this is a mistake in the set-up, not in the request.',
    look: [
      'What read the body? If that is known, the message in your log names it, and the fix.',
      'Is a body parser mounted for the whole app, before the guard?',
    ],
    fix: 'Put the guard before the body parser or, if you cannot move it, make the parser keep the bytes.',
  },
  body_malformed: {
    means:
      'A form body has invalid percent-encoding or invalid UTF-8, is incomplete, begins with `?` (which web runtimes drop), or has more than 10,000 pairs, which no webhook has. Tollgate does not guess what was meant, because two parsers would guess differently. If a body does not match and is shorter than its Content-Length, you get this code too, because something cut the body, or parsed it and wrote it again, before Tollgate got it.',
    look: [
      'Was the body decoded before, so that it has a lone `%`?',
      'Was it re-encoded in a charset other than UTF-8?',
      'Did the connection end early?',
      'Does the message say that the verifier got fewer bytes than Content-Length? If the body is complete, something in this server wrote it again: pass the bytes that arrived, not `JSON.stringify(req.body)` or a form that a sanitizer changed.',
      'If the end of the body is missing, raise the limit of the framework or the server: below a `proxy` or `middleware`, Next cuts a body after `experimental.proxyClientMaxBodySize` (10 MB), and a cache rule of Nitro 3 drops the body.',
    ],
    fix: 'Find out what read or changed the body before the check, and pass the verifier the bytes that arrived.',
  },
  body_unsigned: {
    means:
      'The request has a body, but the signature covers no part of it, so anyone with a signed URL could send any body. Either it is not a form and the URL has no `bodySHA256`, or its Content-Type names another charset than UTF-8, or the request is a GET with a body.',
    look: [
      'Which Content-Type does it have? If a form arrives with another type, Tollgate does not read it as a form.',
      'Is it JSON? If so, the query that reaches your code must have `bodySHA256`.',
    ],
    fix: 'Let every proxy pass Content-Type and the query on unchanged, because the signature covers the body through them.',
  },
  body_hash_mismatch: {
    means:
      '`bodySHA256` in the URL is not the hash of this body, or is malformed, or is repeated with different values. A request without a body must have the hash of no bytes, so a captured JSON event cannot be sent again without its body. The only exception is the status callback of a regulatory bundle, a GET that also names `AccountSid` and `BundleSid`.',
    look: [
      'Is the body serialised again (`JSON.stringify`), instead of the bytes that arrived?',
      'Did a line break at the end, or a CRLF, get lost?',
      'Is the body empty, because something read it first?',
    ],
    fix: 'Find out what read or changed the body before the check, and pass the verifier the bytes that arrived.',
  },
  key_unknown: {
    means:
      'The request names a SharedKey id without a known secret, or an account without a known token, or its AccountSid is not `AC` and 32 hex digits. Tollgate never tries another account’s token instead, because then one account could send requests in the name of another.',
    look: [
      'Which AccountSid, or which key id, does the request name?',
      'Is it in your record of tokens, or does your look-up return it?',
    ],
    fix: 'If the account or the key is yours, add its token or its secret: see [subaccounts](../subaccounts.md).',
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
      'The request is well-formed, but no allowed key makes this signature for any form of the URL. So the URL, the parameters or the key differ from those that Twilio used, or the request is forged.',
    look: [
      '`tried` in the verdict has the URLs that were checked. Is one of them the URL in the Twilio console?',
      'Does every request fail (URL, key), or only some (query, parameters)?',
      'Which cause does `diagnose` find? Pass it to the verifier, and send the request again.',
    ],
    fix: 'Because this code has the most causes, let `diagnose` search for yours, or start with the questions of [why does validation fail?](../why-does-validation-fail.md) The most frequent cause is a `publicUrl` that differs from the URL at Twilio.',
  },
  account_not_allowed: {
    means:
      'The signature is right, but the account is not allowed: the request names an account that does not own the key, or several accounts, or one that is not in `allowedAccounts`. If the key belongs to an account, a body with `bodySHA256` must be exactly one JSON text.',
    look: [
      'Which AccountSid does the request name, and which does `allowedAccounts` list?',
      'Is a token stored under the wrong account?',
    ],
    fix: 'Allow the account in `allowedAccounts`, or store each token under the account that owns it.',
  },
  stale: {
    means:
      "The signed timestamp of SendGrid's request is older than `maxAgeSeconds`, and `whenStale` is `reject`, so that a captured request cannot be sent again later. Tollgate decides this before it reads the body.",
    look: [
      'Is it a retry? SendGrid retries for 24 hours, and does not document whether it signs a retry again.',
      'Is the clock of your server right?',
    ],
    fix: "If you want to accept late retries, set `whenStale: 'mark'` and read `stale` of the verdict, or set a larger `maxAgeSeconds`. See [the Event Webhook](../sendgrid-event-webhook.md).",
  },
  params_misshapen: {
    means:
      'The signature matches, but your option `checkParams` refuses the parameters: with `hasWebhookShape`, their names or values are not those that Twilio gives them. Twilio signs a form without delimiters, so anyone who wrote a value, such as the text of an SMS, can send the same text again, cut into other parameters.',
    look: [
      'Which parameter is it? `findMisshapen` of `tollgate/params` finds it. Do not log its name unescaped, because a user may have written it.',
      'Does your own code send the request, with names or values of its own, for example a Studio flow?',
      'Has Twilio added a parameter that this version of Tollgate takes for a part of another one?',
    ],
    fix: 'If the text of a user was cut into other parameters, do nothing. If your own code sends other parameters, leave `checkParams` out on that route.',
  },
  replayed: {
    means:
      'The replay guard saw this delivery before, and the work on it succeeded. Because Twilio never repeats this kind, and `whenRepeated` is `reject`, the second copy is refused.',
    look: [
      'Did the first delivery fail without a release? An adapter releases it after an exception, 401 or 5xx, but your own code has to call `release()`.',
      'Do two services share one store and one prefix?',
    ],
    fix: 'If it was a real replay, do nothing. If genuine retries are refused, call `release()` when the work fails: see [replays](../replay.md).',
  },
  replay_pending: {
    means:
      'The replay guard has reserved this delivery for another copy, and the work on that copy has not ended. The answer is 503, so a retry may pass: after the work has failed, or after the lease (`leaseSeconds`) if the process crashed.',
    look: [
      'Did a retry or a replay arrive while the first copy was still being handled?',
      'Did the process of the first copy crash? If so, the delivery is free again after the lease.',
      'Do you set `reportsOutcome` without calling `confirm()` and `release()`?',
    ],
    fix: 'Usually you need not do anything, because the copy that came first is still being handled. Let Twilio retry after a 5xx: see [replays](../replay.md#retries).',
  },
  replay_store_failed: {
    means:
      'The store of the replay guard failed or took too long, so the guard cannot know whether the delivery is new. The answer is 503, so a retry may pass.',
    look: ['Is Redis reachable from your server?', 'If the store is your own, does one of its methods throw?'],
    fix: `Bring the store back. If a replay does you less harm than a lost webhook, set \`whenStoreFails: 'accept'\`, and webhooks pass without the guard while the store fails.`,
  },
}
