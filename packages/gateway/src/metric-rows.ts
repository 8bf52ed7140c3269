/** One metric. The documentation, the alerts and the dashboard are compared with these rows. */
export interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly name: string
  readonly help: string
  /**
   * The labels with all their values, which are 0 from the start: an alert would miss the first
   * event of a series that begins with it. `'open'`: a series begins with its first event. Its
   * values come from closed sets too, or from the configuration.
   */
  readonly labels?: Readonly<Record<string, readonly string[] | 'open'>>
  /** The upper bounds of a histogram, in seconds. */
  readonly buckets?: readonly number[]
}

/** The metrics of a gateway, beside those of Node.js and of the process. */
export const metricRows = {
  verdicts: {
    type: 'counter',
    name: 'tollgate_verdicts_total',
    help: 'Requests by the code of their verdict; "accepted" for genuine ones.',
    labels: { code: 'open', route: 'open' },
  },
  responses: {
    type: 'counter',
    name: 'tollgate_responses_total',
    help: 'Answers by status and sender; status 0 if the client disconnected first, "broken" if the upstream\'s answer broke off.',
    labels: { status: 'open', by: 'open' },
  },
  duration: {
    type: 'histogram',
    name: 'tollgate_request_duration_seconds',
    help: 'Seconds from the head of a request to the last byte of its answer, by sender of the answer.',
    labels: { by: 'open' },
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15],
  },
  upstream: {
    type: 'histogram',
    name: 'tollgate_upstream_response_seconds',
    help: 'Seconds from the verdict to the head of the upstream\'s answer: "answered", "broken" if it broke off later, "failed" if none came, or "left" if the client disconnected first.',
    labels: { result: ['answered', 'broken', 'failed', 'left'] },
    buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15],
  },
  inFlight: {
    type: 'gauge',
    name: 'tollgate_requests_in_flight',
    help: 'Requests that have not been answered yet.',
  },
  webSockets: {
    type: 'gauge',
    name: 'tollgate_websockets_open',
    help: 'Open WebSocket tunnels and unanswered handshakes.',
  },
  droppedLines: {
    type: 'counter',
    name: 'tollgate_log_lines_dropped_total',
    help: 'Lines of the log that were not written: "output" cannot be written, or "sampled" because of a flood.',
    labels: { reason: ['output', 'sampled'] },
  },
  reloads: {
    type: 'counter',
    name: 'tollgate_config_reloads_total',
    help: 'Reloads of the configuration: "applied", or "refused" because of a mistake.',
    labels: { result: ['applied', 'refused'] },
  },
  reloadState: {
    type: 'gauge',
    name: 'tollgate_config_last_reload_successful',
    help: '0 while the last reload is refused, so that an older configuration is in use; otherwise 1.',
  },
  lookUps: {
    type: 'histogram',
    name: 'tollgate_key_lookup_duration_seconds',
    help: 'Seconds until Twilio\'s Accounts API answered a look-up: "found", "unknown", "throttled" (429), "refused" (401, 403), or "failed".',
    labels: { result: ['found', 'unknown', 'throttled', 'refused', 'failed'] },
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  },
  lookUpFailures: {
    type: 'counter',
    name: 'tollgate_key_lookup_failures_total',
    help: "Look-ups at Twilio's Accounts API that failed after their retries, or came too late for their request.",
  },
  keysReadAt: {
    type: 'gauge',
    name: 'tollgate_keys_read_timestamp_seconds',
    help: "Unix time of the reading of the key file in use (of the oldest, if there are several), or of the last answer of Twilio's Accounts API.",
    labels: { source: 'open' },
  },
  keyFilesRefused: {
    type: 'gauge',
    name: 'tollgate_key_files_refused',
    help: 'Key files and folders whose last change is refused, so that older keys are in use.',
  },
  redisUp: {
    type: 'gauge',
    name: 'tollgate_redis_up',
    help: '1 if Redis keeps deliveries, 0 if it does not answer or refuses a command.',
    labels: { kind: 'open' },
  },
  redisDuration: {
    type: 'histogram',
    name: 'tollgate_redis_command_duration_seconds',
    help: 'Seconds until Redis answered a command, or until it failed.',
    labels: { result: 'open' },
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  },
} as const satisfies Readonly<Record<string, MetricRow>>
