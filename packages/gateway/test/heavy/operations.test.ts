import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { requireProgram } from '../../../../tools/programs.mjs'
import { startRedis } from '../../../../tools/services/redis.mjs'
import { loadConfiguration } from '../../src/config/load.ts'
import { createResources } from '../../src/config/resources.ts'
import { createObservedGateway } from '../../src/gateway.ts'
import { metricRows } from '../../src/metric-rows.ts'
import { OwnEvents } from '../../src/own-events.ts'
import { accountSid, authToken, publicUrl, send, signSms, startUpstream } from '../support.ts'

// In heavy/, because it needs promtool and Redis.

const examples = fileURLToPath(new URL('../../../../examples/gateway/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'tollgate-gateway-operations-'))
/** The labels of each metric, as a running gateway has them. */
let found: ReadonlyMap<string, ReadonlySet<string>>

beforeAll(async () => {
  found = readLabels(await readMetricsOfGateway())
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a gateway with everything that has metrics, sends some requests, and reads its metrics. */
async function readMetricsOfGateway(): Promise<string> {
  const [redis, upstream] = await Promise.all([startRedis(), startUpstream()])
  const keys = join(folder, 'keys.json')
  writeFileSync(keys, JSON.stringify({ accounts: { [accountSid]: authToken } }), { mode: 0o600 })
  const file = join(folder, 'gateway.yaml')
  writeFileSync(
    file,
    `keys: { file: ${keys} }
replay: { store: redis, redisUrl: 'redis://127.0.0.1:${redis.port}' }
routes: [{ upstream: '${upstream.url}', publicUrl: ${publicUrl} }]
`,
  )
  const events = new OwnEvents()
  const resources = createResources({}, () => undefined, events)
  const { options } = await loadConfiguration(file, resources)
  const own = { log: 'silent', listen: { port: 0 }, admin: { port: 0 } } as const
  const gateway = createObservedGateway({ ...options, ...own }, events)
  const { url, adminUrl } = await gateway.listen()
  events.emit('lookUp', 'found', 0.1)
  await send(url, signSms())
  await send(url, { ...signSms(), body: 'x=1' })
  const text = await (await fetch(`${adminUrl}/metrics`)).text()
  await gateway.close({ graceMs: 0 })
  await Promise.all([resources.closeAll(), redis.stop(), upstream.close()])
  return text
}

function readLabels(metrics: string): ReadonlyMap<string, ReadonlySet<string>> {
  const labels = new Map<string, Set<string>>()
  for (const [, name = '', inside = ''] of metrics.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const known = labels.get(name) ?? new Set()
    for (const [, label = ''] of inside.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) known.add(label)
    labels.set(name, known)
  }
  return labels
}

/** Prometheus adds these to every metric, and has the first metric itself. */
const ofPrometheus = { metric: 'up', labels: ['job', 'instance'] }

const words = new Set([
  'and',
  'bool',
  'by',
  'group_left',
  'group_right',
  'ignoring',
  'offset',
  'on',
  'or',
  'unless',
  'without',
])

function listGrouped(expression: string): readonly string[] {
  return [...expression.matchAll(/\b(?:by|on|without|ignoring) *\(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((label) => label.trim()),
  )
}

/**
 * Returns what of an expression a running gateway does not have. `promtool` has checked the syntax.
 */
function listUnknown(expression: string): readonly string[] {
  const plain = expression.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/\[[^\]]*\]/g, '')
  const grouped = listGrouped(plain)
  const rest = plain.replace(/\b(?:by|on|without|ignoring) *\([^)]*\)/g, '')
  const selectors = [...rest.matchAll(/([a-zA-Z_:][\w:]*)(?:\{([^}]*)\}|(?![\w:]| *\())/g)].filter(
    ([, name = '']) => !words.has(name),
  )
  const names = selectors.map(([, name = '']) => name)
  const known = new Set([...ofPrometheus.labels, ...names.flatMap((name) => [...(found.get(name) ?? [])])])
  const labels = selectors.flatMap(([, name = '', inside = '']) =>
    [...inside.matchAll(/(\w+) *[=!]/g)]
      .map(([, label = '']) => label)
      .filter((label) => !ofPrometheus.labels.includes(label) && found.get(name)?.has(label) !== true)
      .map((label) => `${name}{${label}}`),
  )
  return [
    ...(names.length === 0 ? ['no metric'] : []),
    ...names.filter((name) => name !== ofPrometheus.metric && !found.has(name)),
    ...labels,
    ...grouped.filter((label) => !known.has(label)),
  ]
}

function runPromtool(...args: string[]): string {
  return execFileSync(requireProgram('promtool'), args, { encoding: 'utf8' })
}

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly annotations: Readonly<Record<string, string>>
}

const alertsFile = join(examples, 'alerts.yaml')
const rules: readonly Rule[] = parse(readFileSync(alertsFile, 'utf8')).groups.flatMap(
  (group: { rules: Rule[] }) => group.rules,
)

test('what an expression names is found, and what the gateway does not have is noticed', () => {
  expect(listUnknown('sum by (code) (rate(tollgate_verdicts_total{code=~"a|b", route!="x"}[5m])) > 0.2')).toEqual([])
  expect(listUnknown('sum by (nothing) (rate(tollgate_verdicts[5m])) / up')).toEqual(['tollgate_verdicts', 'nothing'])
  expect(listUnknown('tollgate_redis_up{store="a"}')).toEqual(['tollgate_redis_up{store}'])
  expect(listUnknown('time() - 1')).toEqual(['no metric'])
})

test('promtool accepts the alerts', () => {
  expect(runPromtool('check', 'rules', alertsFile)).toContain(`SUCCESS: ${rules.length} rules found`)
})

test.each(rules)('the alert $alert names metrics and labels that a running gateway has', ({ expr }) => {
  expect(listUnknown(expr)).toEqual([])
})

/** Series of a gateway that has nothing to report, in one value per minute. */
const calm = {
  'up{}': '1x90',
  'tollgate_verdicts_total{code="accepted",route="/"}': '0+600x90',
  'tollgate_verdicts_total{code="signature_missing",route="/"}': '0+600x90',
  'tollgate_verdicts_total{code="signature_mismatch",route="/"}': '0+1x90',
  'tollgate_responses_total{status="200",by="upstream"}': '0+600x90',
  'tollgate_responses_total{status="502",by="gateway"}': '0x90',
  'tollgate_responses_total{status="508",by="gateway"}': '0x90',
  'tollgate_upstream_response_seconds_bucket{result="answered",le="0.1"}': '0+600x90',
  'tollgate_upstream_response_seconds_bucket{result="answered",le="10"}': '0+600x90',
  'tollgate_upstream_response_seconds_bucket{result="answered",le="+Inf"}': '0+600x90',
  'tollgate_redis_command_duration_seconds_bucket{result="answered",le="0.01"}': '0+600x90',
  'tollgate_redis_command_duration_seconds_bucket{result="answered",le="1"}': '0+600x90',
  'tollgate_redis_command_duration_seconds_bucket{result="answered",le="+Inf"}': '0+600x90',
  'tollgate_redis_up{kind="server"}': '1x90',
  'tollgate_config_last_reload_successful{}': '1x90',
  'tollgate_key_files_refused{}': '0x90',
  'tollgate_keys_read_timestamp_seconds{source="twilio"}': '0+60x90',
  'tollgate_key_lookup_failures_total{}': '0x90',
  'tollgate_log_lines_dropped_total{reason="output"}': '0x90',
  'tollgate_log_lines_dropped_total{reason="sampled"}': '0+600x90',
  'nodejs_eventloop_lag_p99_seconds{}': '0.02x90',
  'process_cpu_seconds_total{}': '0+12x90',
  'process_open_fds{}': '100x90',
  'process_max_fds{}': '1000x90',
}

/** The series in which each alert fires, and no other. */
const cases: Readonly<Record<string, Partial<Record<keyof typeof calm, string>> & Record<string, string>>> = {
  TollgateDown: { 'up{}': '1x60 0x30' },
  TollgateAcceptsNothing: {
    'tollgate_verdicts_total{code="accepted",route="/"}': '600x90',
    // Otherwise the share of refusals is too large as well.
    'tollgate_verdicts_total{code="signature_missing",route="/"}': '0+600x90',
  },
  TollgateRefusesMany: { 'tollgate_verdicts_total{code="account_not_allowed",route="/"}': '0+600x90' },
  TollgateLookUpsRefuse: { 'tollgate_verdicts_total{code="key_lookup_failed",route="/"}': '0+1x90' },
  TollgateKeysStale: {
    'tollgate_keys_read_timestamp_seconds{source="twilio"}': '60x90',
    'tollgate_key_lookup_failures_total{}': '0+1x90',
  },
  TollgateKeyFileRefused: { 'tollgate_key_files_refused{}': '0x60 1x30' },
  TollgateReloadRefused: { 'tollgate_config_last_reload_successful{}': '1x60 0x30' },
  TollgateRedisDown: { 'tollgate_redis_up{kind="server"}': '1x60 0x30' },
  TollgateRedisSlow: { 'tollgate_redis_command_duration_seconds_bucket{result="answered",le="0.01"}': '0+500x90' },
  TollgateUpstreamUnreachable: { 'tollgate_responses_total{status="502",by="gateway"}': '0+10x90' },
  TollgateUpstreamFails: { 'tollgate_responses_total{status="500",by="upstream"}': '0+60x90' },
  TollgateUpstreamSlow: { 'tollgate_upstream_response_seconds_bucket{result="answered",le="0.1"}': '0+500x90' },
  TollgateClientsLeave: { 'tollgate_responses_total{status="0",by="gateway"}': '0+10x90' },
  TollgateLoop: { 'tollgate_responses_total{status="508",by="gateway"}': '0x88 1x2' },
  TollgateLogLinesDropped: { 'tollgate_log_lines_dropped_total{reason="output"}': '0x85 1x5' },
  TollgateEventLoopLate: { 'nodejs_eventloop_lag_p99_seconds{}': '0.02x60 0.4x30' },
  TollgateNeedsReplicas: { 'process_cpu_seconds_total{}': '0+50x90' },
  TollgateFilesRunOut: { 'process_open_fds{}': '900x90' },
}

test('each alert fires in its case, no other fires with it, and none fires while all is well', () => {
  expect(Object.keys(cases)).toEqual(rules.map(({ alert }) => alert))
  const common = 'job="tollgate-gateway",instance="one"'
  const tests = [['', {}] as const, ...Object.entries(cases)].map(([name, changed]) => ({
    name: name || 'all is well',
    interval: '1m',
    input_series: Object.entries({ ...calm, ...changed }).map(([series, values]) => ({
      series: series.replace('{', `{${common}${series.endsWith('{}') ? '' : ','}`),
      values,
    })),
    promql_expr_test: [
      {
        expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
        eval_time: '89m',
        exp_samples: name === '' ? [] : [{ labels: `{alertname="${name}"}`, value: 1 }],
      },
    ],
  }))
  const file = join(folder, 'alerts.test.yaml')
  writeFileSync(file, stringify({ rule_files: [alertsFile], evaluation_interval: '1m', tests }))
  expect(runPromtool('test', 'rules', file)).toContain('SUCCESS')
})

interface Panel {
  readonly id: number
  readonly title: string
  readonly datasource?: { readonly uid: string }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
}

const dashboard: {
  readonly panels: readonly Panel[]
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: string | { query: string } }[]
  }
} = JSON.parse(readFileSync(join(examples, 'grafana-dashboard.json'), 'utf8'))
const targets = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })),
)

/** Replaces the variables as Grafana does. */
function fillIn(expr: string): string {
  return expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', 'tollgate-gateway')
}

test.each(targets)('the panel $title names metrics and labels that a running gateway has: $expr', (target) => {
  expect(listUnknown(fillIn(target.expr))).toEqual([])
  const shown = [...target.legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)
  for (const label of shown) expect([...ofPrometheus.labels, ...listGrouped(target.expr), 'source']).toContain(label)
})

test('the dashboard has one panel for each id, known variables, and queries that promtool accepts', () => {
  const ids = dashboard.panels.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const variables = dashboard.templating.list.map(({ name }) => name)
  const used = [...JSON.stringify(dashboard).matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name)
  expect([...new Set(used)].sort()).toEqual([...variables, '__rate_interval'].sort())
  const file = join(folder, 'dashboard.yaml')
  const rules = targets.map(({ expr }, index) => ({ record: `panel:${index}`, expr: fillIn(expr) }))
  writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules }] }))
  expect(runPromtool('check', 'rules', file)).toContain(`SUCCESS: ${targets.length} rules found`)
})

test('the alerts and the dashboard name every metric of the gateway', () => {
  const text = [...rules.map(({ expr }) => expr), ...targets.map(({ expr }) => expr)].join()
  const missing = Object.values(metricRows).filter(({ name }) => !text.includes(name))
  expect(missing).toEqual([])
})
