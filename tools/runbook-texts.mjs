// The texts of docs/runbook.md. The codes and statuses themselves come from the source.

const maybeSeen =
  'the backend may have handled the request: look into its own log first. Then [send it again](#send-a-webhook-again).'

/** What Twilio does after an answer, by the class of its status. */
export const twilioDoes = {
  '4xx':
    'it does not send the request again, unless the URL asks for it (`#rp=4xx`). A call goes on with its fallback URL. Error 11200 or 11217; 15003 for a status callback; 31920 for a Media Stream.',
  '5xx':
    'it does not send the request again, unless the URL asks for it (`#rp=5xx`). A call goes on with its fallback URL. Event Streams and SendGrid send it again. Error 11200 or 11217; 15003 for a status callback; 31920 for a Media Stream.',
  none: 'it had no answer. It tries again only if it could not connect, unless the URL asks for more (`#rp=rt` after its time limit). A call goes on with its fallback URL. Error 11205, or 11201 to 11203.',
}

/**
 * Each status that the gateway answers with itself.
 * @type {Readonly<Record<string, { means: string, look: string, act: string, again?: string }>>}
 */
export const statusTexts = {
  400: {
    means: 'Two servers could read the request differently, or it is no HTTP. Twilio sends no such request.',
    look: 'The log has the method and the path if they could be read.',
    act: 'If genuine requests are among them, a proxy in front rewrites them: compare its configuration with [the examples](behind-a-proxy.md). A request of a scanner needs nothing.',
  },
  403: {
    means: 'The request did not verify. The text is the same for each reason; the code has the reason.',
    look: '`tollgate_verdicts_total` by `code`, and `code` in the log. A flood has one line per second: `skipped` is the number of lines left out. If `code` is `accepted`, the request was a WebSocket handshake on a route without `webSocket: true`.',
    act: 'Go to the section of the code. If genuine requests are refused and you cannot find out why at once, set `mode: observe` on the route: it passes them on, marked `tollgate-verified: none`. Then your backend is open to forged requests, so do this only for as long as you look.',
  },
  404: {
    means: 'No route has the host and the path of the request.',
    look: '`host` and `path` in the log.',
    act: 'Compare them with `routes`. A proxy in front that changes the Host header or strips a prefix is the usual reason.',
  },
  408: {
    means: 'The head or the body of the request did not arrive within its time limit.',
    look: '`ms` in the log, and the load of the proxy in front. Bodies of one peer may wait for each other: see `limits` of the [configuration](gateway.md#configuration).',
    act: 'List the proxy in `limits.trustedPeers`, so that its requests do not wait for each other. Let the proxy read a request completely before it connects.',
  },
  413: {
    means: 'The body is larger than `maxBodyBytes` of the route.',
    look: '`path` in the log.',
    act: 'Raise `maxBodyBytes` if genuine requests are that large. For Inbound Parse of SendGrid it is 33,554,432.',
  },
  415: {
    means: 'The body is compressed. Twilio sends plain bodies.',
    look: '`path` in the log.',
    act: 'Stop the proxy in front from compressing requests.',
  },
  417: {
    means: 'The request has an `Expect` header other than `100-continue`. Twilio sends none.',
    look: '`path` in the log.',
    act: 'Let the proxy in front remove the header. A request of a scanner needs nothing.',
  },
  431: {
    means: 'The headers are larger than 16 KiB.',
    look: '`tollgate_verdicts_total{code="head_too_large"}`.',
    act: 'Look for a proxy that adds headers, or for large cookies: your own answers set them, and Twilio returns them.',
  },
  500: {
    means: 'The gateway failed. This is a defect: please report it with the line of the log.',
    look: 'The line of the log, and the messages on standard error.',
    act: 'If it happens again and again, go back to the release before: see [upgrading](upgrading-the-gateway.md).',
    again: maybeSeen,
  },
  502: {
    means:
      'The upstream is not reachable, closed the connection before it answered, sent an ambiguous answer, or switched to another protocol than WebSocket. If no byte was sent, the gateway has tried to connect twice.',
    look: '`failure` and `upstream` in the log: `ECONNREFUSED` and `ENOTFOUND` (it does not run, or the name is wrong), `ECONNRESET` and `connection closed` (it closes connections early), `malformed answer`. `tollgate_upstream_response_seconds_count{result="failed"}` counts them.',
    act: 'Start the upstream again, or correct the name. If it closes idle connections within 4 seconds, raise its keep-alive timeout above 5 seconds. The delivery was released: a copy counts as the first.',
    again: maybeSeen,
  },
  503: {
    means: 'A look-up of keys or the replay store failed, or another copy of the delivery is being handled.',
    look: '`code`: `key_lookup_failed`, `replay_store_failed` or `replay_pending`.',
    act: 'Go to the section of the code.',
  },
  504: {
    means: 'The upstream did not answer within `timeoutMs`, or could not be connected in time.',
    look: '`upstreamMs` in the log, and `tollgate_upstream_response_seconds`. If `upstreamMs` is much smaller than `ms`, the time passed before the verdict: look at the look-ups and at Redis.',
    act: 'Answer Twilio at once and do slow work afterwards. Raising `timeoutMs` above 15 seconds does not help, because Twilio gives up then. The upstream may have done its work: the delivery was released, so a copy counts as the first and reaches it again.',
    again: maybeSeen,
  },
  508: {
    means: 'An upstream sends the request back to this gateway.',
    look: 'The line with the same `path` and with `by` `upstream`: its `upstream` sends requests back.',
    act: 'Correct the `upstream` of the route, or the proxy that it leads to: it must not lead to the public address.',
  },
}

/**
 * Two cases that are not in the table of the gateway's answers.
 * @type {Readonly<Record<'429' | '0', { title: string, means: string, look: string, act: string, twilio: keyof typeof twilioDoes, again?: string }>>}
 */
export const otherStatuses = {
  429: {
    title: 'Status 429',
    means: 'The gateway never answers 429. Your upstream or the proxy in front did.',
    look: '`tollgate_responses_total{status="429",by="upstream"}`. If it does not grow, the proxy in front answered.',
    act: 'Do not limit the rate of Twilio: it does not send a call or a message again after a 429, and Event Streams comes back with the same load.',
    twilio: '4xx',
  },
  0: {
    title: 'No answer',
    means: 'The log has status 0: the client closed the connection before the answer. Twilio does so after 15 seconds.',
    look: '`tollgate_responses_total{status="0"}`, `ms` and `upstreamMs` in the log.',
    act: 'If `ms` is near 15,000, the upstream is too slow: see [status 504](#status-504). If it is small, a proxy in front has a shorter time limit. The delivery was released: a copy counts as the first.',
    twilio: 'none',
    again: maybeSeen,
  },
}

/**
 * What only operators of a gateway need to know of a code. Without a row, its section has the fix
 * of the code's page, or that of its status.
 * @type {Readonly<Record<string, { look?: string, fix?: string, again?: string, never?: string }>>}
 */
export const codeTexts = {
  method_not_allowed: {
    look: '`method` in the log. Health checks belong to `/healthz` and `/readyz` of `admin`.',
    fix: 'For a WhatsApp or RCS sender that is set to PUT, add `methods: [GET, POST, PUT]` to the route. A scanner needs nothing.',
  },
  signature_missing: {
    look: '`requestId` and `idempotencyToken` in the log: strangers rarely invent them.',
    fix: 'If genuine requests are among them, a proxy in front drops X-Twilio-Signature, or a Webhook Setting at Twilio has signing off.',
  },
  key_not_allowed: {
    fix: 'Finish the move to SharedKeys at Twilio before you set `sharedKeysOnly` on the route: see [rotation and SharedKeys](rotation-and-shared-keys.md).',
  },
  url_not_allowed: {
    look: '`host` in the log.',
    fix: 'List each public URL in `publicUrl` of the route, and let the proxy in front pass on the Host header.',
  },
  body_already_consumed: {
    never: 'Only adapters of the library refuse a request with it. The gateway reads each body itself.',
  },
  key_unknown: {
    look: '`claimed.accountSid` in the log. If it is yours, `tollgate_keys_read_timestamp_seconds` and `tollgate_key_files_refused` say if the newest key file is in use.',
    fix: 'Add the account to the key file, or to the accounts below the main account. The gateway notices a changed file within two seconds.',
  },
  key_lookup_failed: {
    look: '`tollgate_key_lookup_failures_total`, and `tollgate_key_lookup_duration_seconds_count` by `result`. The message on standard error begins with "Twilio\'s Accounts API".',
    fix: '`refused`: the credentials were rotated, or the API key is no main key. `throttled`: list your accounts in `knownAccounts`, and raise `ttlSeconds`. `failed`: look at https://status.twilio.com and at your own way to the internet. Tokens that are known are used for `staleIfErrorSeconds` meanwhile, four hours by default. If it takes longer, change `keys` to a key file: the gateway reloads the configuration without a restart.',
  },
  signature_mismatch: {
    look: 'Its rate beside that of `accepted` on the same `route`. If nothing is accepted any more, the token or the public URL is wrong. If both arrive, some are forged, or one account has another token: `claimed.accountSid`.',
    fix: 'After a rotation, give the gateway both tokens: see [rotating an Auth Token](rotation-and-shared-keys.md#rotating-an-auth-token). After a deployment of the proxy in front, compare `publicUrl` with the URL at Twilio. `tollgate diagnose --recent` and `--alert NO…` compute which URL and token Twilio used.',
  },
  account_not_allowed: {
    look: '`claimed.accountSid` in the log.',
    fix: 'Add the account to `allowedAccounts` of the route, or store each token under the account that owns it.',
  },
  params_misshapen: { never: 'It needs the option `checkParams`, which routes do not have.' },
  stale: {
    look: 'The clock of the machine. Only requests of SendGrid have a time.',
    fix: "Correct the clock. SendGrid's retries are old, so use `whenStale: mark`, and let the backend read `tollgate-stale`.",
  },
  replayed: {
    look: '`idempotencyToken` in the log: Twilio repeats it when it sends a request again.',
    fix: 'A real replay needs nothing. If your upstream answers below 500 although its work failed, let it answer 500: the delivery is then released.',
    again: 'nothing is lost: the first copy was handled.',
  },
  replay_pending: {
    look: '`tollgate_upstream_response_seconds`: a slow upstream keeps deliveries pending. After a crash of a gateway, its deliveries stay pending for `leaseSeconds`.',
    fix: 'Usually nothing. If many are refused after a crash, a shorter `leaseSeconds` frees them earlier: it must be longer than the slowest answer.',
    again:
      'nothing is lost if the first copy succeeds: look for its line in the log, with the same `messageSid` or `callSid`.',
  },
  replay_store_failed: {
    look: '`tollgate_redis_up`, `tollgate_redis_command_duration_seconds`, and the message on standard error, "The replay store does not answer (…)": `ECONNREFUSED`, `OOM`, `READONLY`, `silent`. After ten seconds `/readyz` answers 503.',
    fix: '`OOM`: raise `maxmemory` of Redis; do not let it evict keys. `READONLY` and `MASTERDOWN`: the failover is not over. If a replay does less harm than a lost webhook, set `whenStoreFails: accept` and reload: requests pass with `tollgate-delivery: unknown`.',
  },
  pipelined: {
    look: '`method` in the log. Twilio does not pipeline.',
    fix: 'Usually nothing: a scanner sent it. If a proxy in front pipelines requests, turn that off.',
  },
  body_missing: {
    look: 'The log lines with `route` `forward-auth`.',
    fix: 'Let the proxy send the body with its question: see [what the proxy must do](gateway.md#what-the-proxy-must-do).',
  },
  original_unknown: {
    look: 'The log lines with `route` `forward-auth`.',
    fix: 'Let the proxy set the headers that describe the request: see [what the proxy must do](gateway.md#what-the-proxy-must-do).',
  },
  upgrade_refused: {
    look: '`path` in the log.',
    fix: 'If your application opens WebSockets there, list the path in `webSocketPaths`.',
  },
  unverified: {
    look: '`method` and `status` in the log.',
    fix: 'With status 403, it was a `CONNECT` or another tunnel of a scanner, which needs nothing. With status 500, see [status 500](#status-500).',
  },
}
