import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { loadConfiguration } from '../../src/config/load.ts'
import { parseConfiguration } from '../../src/config/parse.ts'
import { createResources } from '../../src/config/resources.ts'
import { createGateway } from '../../src/index.ts'
import { takeInheritedSockets } from '../../src/inherited-sockets.ts'
import { runAtOnce } from '../../src/slices.ts'
import { accountSid, authToken, listenOn, publicUrl, send, signSms, startUpstream } from '../support.ts'

// Slow: most tests start the command, and wait for its reloads and its end.

const examples = fileURLToPath(new URL('../../../../examples/gateway/', import.meta.url))
const bin = fileURLToPath(new URL('../../../cli/dist/bin.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'tollgate-gateway-'))

afterAll(() => rmSync(folder, { recursive: true }))

async function start(args: readonly string[], env: Record<string, string>, program = process.execPath) {
  const child = spawn(program, args, {
    env: { ...process.env, TWILIO_AUTH_TOKEN: authToken, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  const waitFor = async (pattern: RegExp): Promise<string> => {
    await expect.poll(() => output, { timeout: 20_000 }).toMatch(pattern)
    return pattern.exec(output)?.[1] ?? ''
  }
  return { child, waitFor, read: () => output }
}

test('the program in the documentation runs', async () => {
  // Nothing listens at port 1.
  const env = { PORT: '0', TOLLGATE_PUBLIC_URL: publicUrl, UPSTREAM: 'http://127.0.0.1:1' }
  const { child, waitFor } = await start([join(examples, 'server.mjs')], env)
  const url = await waitFor(/listens on (\S+)/)
  expect((await send(url, signSms())).status).toBe(502)
  expect((await send(url, { ...signSms(), body: 'x=1' })).status).toBe(403)
  child.kill()
  await once(child, 'exit')
})

test('the configurations in the examples are valid', () => {
  const text = readFileSync(join(examples, 'gateway.yaml'), 'utf8')
  expect(runAtOnce(parseConfiguration(text, 'gateway.yaml')).configuration.routes).toHaveLength(3)
})

test('the units of systemd name each other, and sockets that the gateway knows', () => {
  const units = readdirSync(examples).filter((name) => /\.(service|socket)$/.test(name))
  const readAll = (name: string, option: string): readonly string[] => {
    const text = readFileSync(join(examples, name), 'utf8')
    return [...text.matchAll(new RegExp(`^${option}=(.*)$`, 'gm'))].flatMap(([, value = '']) => value.split(' '))
  }
  const service = 'tollgate-gateway@.service'
  const sockets = units.filter((name) => name !== service)
  // A unit of a template is named with its instance.
  const toFile = (name: string): string => name.replace(/@[^.]+\./, '@.')
  expect(readAll(service, 'Sockets').map(toFile).sort()).toEqual(sockets.sort())
  for (const option of ['Requires', 'After'])
    expect(readAll(service, option).map(toFile)).toEqual(expect.arrayContaining(sockets))
  for (const socket of sockets) expect(readAll(socket, 'Service').map(toFile)).toEqual([service])
  const LISTEN_FDNAMES = sockets.flatMap((socket) => readAll(socket, 'FileDescriptorName')).join(':')
  const env = { LISTEN_PID: String(process.pid), LISTEN_FDS: String(sockets.length), LISTEN_FDNAMES }
  expect(Object.keys(takeInheritedSockets(env)).sort()).toEqual(['admin', 'listen'])
})

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  // biome-ignore lint/suspicious/noExplicitAny: the kinds have nothing in common
  readonly spec: any
  readonly data?: Readonly<Record<string, string>>
}

describe.each(['kubernetes.yaml', 'kubernetes-redis.yaml'])('the manifest %s', (name) => {
  const text = readFileSync(join(examples, name), 'utf8')
  const documents = parseAllDocuments(text)
  const manifests: readonly Manifest[] = documents.map((document) => document.toJS())
  const listKind = (kind: string): readonly Manifest[] => manifests.filter((one) => one.kind === kind)
  const [map] = listKind('ConfigMap')
  const deployments = listKind('Deployment')
  const pods = deployments.map(({ spec }) => spec.template)
  const [pod] = pods
  const [container] = pod.spec.containers
  const ports = new Map<string, number>(
    container.ports.map((port: { name: string; containerPort: number }) => [port.name, port.containerPort]),
  )
  const findMounted = (path: string) =>
    container.volumeMounts.find(({ mountPath }: { mountPath: string }) => dirname(path) === mountPath)?.name
  const findVolume = (volume: string) => pod.spec.volumes.find((one: { name: string }) => one.name === volume)

  test('is YAML without warnings, and names only its own pods', () => {
    for (const { errors, warnings } of documents) expect([...errors, ...warnings]).toEqual([])
    const labels = pods.map(({ metadata }) => metadata.labels)
    expect(deployments.map(({ spec }) => spec.selector.matchLabels)).toEqual(labels)
    expect(listKind('Service').map(({ spec }) => spec.selector)).toEqual(labels)
    expect(listKind('PodDisruptionBudget').map(({ spec }) => spec.selector.matchLabels)).toEqual([labels[0]])
  })

  test('has a configuration that a gateway accepts, and its probes are pages of that gateway', async () => {
    const file = container.args[1]
    const volume = findVolume(findMounted(file))
    expect([volume.configMap.name, Object.keys(map?.data ?? {})]).toEqual([map?.metadata.name, [basename(file)]])
    const keys = join(folder, `${name}.json`)
    writeFileSync(keys, JSON.stringify({ accounts: { [accountSid]: authToken } }), { mode: 0o600 })
    const written = join(folder, name)
    writeFileSync(written, (map?.data?.['gateway.yaml'] ?? '').replace('/etc/twilio/keys.json', keys))
    const env = Object.fromEntries(
      container.env.map(({ name, value }: { name: string; value?: string }) => [name, value ?? authToken]),
    )
    const resources = createResources(env, () => undefined)
    const { options } = await loadConfiguration(written, resources)
    expect([options.listen, options.admin]).toEqual([
      { host: '0.0.0.0', port: ports.get('http') },
      { host: '0.0.0.0', port: ports.get('admin') },
    ])
    const gateway = createGateway({ ...options, log: 'silent', listen: { port: 0 }, admin: { port: 0 } })
    const { adminUrl } = await gateway.listen()
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      const { path, port } = container[probe].httpGet
      expect([probe, port, (await fetch(`${adminUrl}${path}`)).status]).toEqual([probe, 'admin', 200])
    }
    await gateway.close({ graceMs: 0 })
    await resources.closeAll()
  }, 20_000)

  test('names the secrets that its first lines create, with their keys', () => {
    const created = [...text.matchAll(/^# {3}kubectl create secret generic (\S+) --from-(?:literal|file)=([\w.-]+)/gm)]
    const known = created.map(([, secret, key]) => `${secret} ${key}`)
    const ofVariables = container.env.flatMap(
      ({ valueFrom }: { valueFrom?: { secretKeyRef: Record<string, string> } }) =>
        valueFrom === undefined ? [] : [`${valueFrom.secretKeyRef.name} ${valueFrom.secretKeyRef.key}`],
    )
    const { keys } = runAtOnce(parseConfiguration(map?.data?.['gateway.yaml'] ?? '', name)).configuration
    const ofFiles = keys?.file === undefined ? [] : [keys.file]
    const mounted = ofFiles.map((path) => `${findVolume(findMounted(path)).secret.secretName} ${basename(path)}`)
    expect([...ofVariables, ...mounted]).toEqual(known)
    expect(known).toHaveLength(1)
  })

  test('lets only the proxy and Prometheus reach the gateway, and only the gateway what is behind it', () => {
    const gateways = [{ podSelector: { matchLabels: pod.metadata.labels } }]
    const policies = listKind('NetworkPolicy').map(({ spec }) => {
      expect(spec.policyTypes).toEqual(['Ingress'])
      const rules = spec.ingress.map(({ from, ports: allowed }: { from: object[]; ports: { port: unknown }[] }) => ({
        from: JSON.stringify(from) === JSON.stringify(gateways) ? 'gateway' : Object.keys(from[0] ?? {}).join(),
        ports: allowed.map(({ port }) => port),
      }))
      return { pods: spec.podSelector.matchLabels.app, rules }
    })
    const { routes, replay } = runAtOnce(parseConfiguration(map?.data?.['gateway.yaml'] ?? '', name)).configuration
    const upstream = new URL(routes[0]?.upstream ?? '')
    const redis = { pods: 'tollgate-redis', rules: [{ from: 'gateway', ports: ['redis'] }] }
    expect(policies).toEqual([
      {
        pods: 'tollgate-gateway',
        rules: [
          { from: 'namespaceSelector', ports: ['http'] },
          { from: 'namespaceSelector', ports: ['admin'] },
        ],
      },
      { pods: upstream.hostname, rules: [{ from: 'gateway', ports: [Number(upstream.port)] }] },
      ...(replay === undefined ? [] : [redis]),
    ])
    if (replay === undefined) return
    const url = container.env.find((one: { name: string }) => one.name === replay.redisUrlEnv).value
    const [, service] = listKind('Service')
    expect([service?.metadata.name, String(service?.spec.ports[0].port)]).toEqual([
      new URL(url).hostname,
      new URL(url).port,
    ])
  })

  test('bounds the resources, stops in time, and names each image by a digest that is a placeholder', () => {
    for (const { spec } of pods)
      for (const { image, resources } of spec.containers) {
        expect(image).toMatch(/^[\w./:-]+@sha256:0{64}$/)
        expect(resources).toEqual({
          requests: { cpu: expect.any(String), memory: expect.any(String) },
          limits: { memory: expect.any(String) },
        })
      }
    const { graceMs } = runAtOnce(parseConfiguration(map?.data?.['gateway.yaml'] ?? '', name)).configuration
    const [, pause] = container.lifecycle.preStop.exec.command
    expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThan(Number(pause) + graceMs / 1000 + 2.5)
  })
})

test('the command reloads on a signal, keeps its configuration on a mistake, shows metrics and stops gracefully', async () => {
  const file = join(folder, 'gateway.yaml')
  const write = (mode: string, address = '127.0.0.1:0') =>
    writeFileSync(
      file,
      `listen: ${address}
admin: 127.0.0.1:0
routes: [{ upstream: 'http://127.0.0.1:9', publicUrl: ${publicUrl}, mode: ${mode} }]
forwardAuth: { listen: 127.0.0.1:0, publicUrl: ${publicUrl} }
`,
    )
  write('enforce')
  const { child, waitFor, read } = await start([bin, 'gateway', '--config', file], {})
  const url = await waitFor(/listens on (\S+)/)
  const forwardAuth = await waitFor(/Forward-auth listens on (\S+)/)
  expect((await fetch(forwardAuth)).status).toBe(403)
  const admin = await waitFor(/Health and metrics: (\S+)/)
  const forged = { ...signSms(), body: 'x=1' }
  expect((await send(url, forged)).status).toBe(403)
  write('watch')
  child.kill('SIGHUP')
  await waitFor(/is unchanged\. .*gateway\.yaml:3: routes\[0\]\.mode: /)
  expect((await send(url, forged)).status).toBe(403)
  write('observe', '127.0.0.1:1')
  child.kill('SIGHUP')
  await waitFor(/is unchanged\. "listen" cannot change while the gateway runs/)
  expect((await send(url, forged)).status).toBe(403)
  write('observe')
  child.kill('SIGHUP')
  await waitFor(/was reloaded/)
  await expect.poll(async () => (await send(url, forged)).status, { timeout: 10_000 }).toBe(502)
  const metrics = await (await fetch(`${admin}/metrics`)).text()
  expect(metrics).toMatch(/tollgate_verdicts_total\{code="signature_mismatch",route="\/"\} [2-9]/)
  expect(metrics).toMatch(/tollgate_config_reloads_total\{result="refused"\} [2-9]/)
  expect(metrics).toMatch(/tollgate_config_reloads_total\{result="applied"\} [1-9]/)
  expect(await (await fetch(`${admin}/readyz`)).text()).toBe('ready\n')
  expect(read()).toMatch(/"code":"signature_mismatch","status":403/)
  expect(read()).not.toContain(authToken)
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
})

test('without a configuration file, a reload says that it reads nothing', async () => {
  const flags = ['--upstream', 'http://127.0.0.1:9', '--public-url', publicUrl, '--listen', '127.0.0.1:0']
  const { child, waitFor, read } = await start([bin, 'gateway', ...flags], {})
  await waitFor(/listens on/)
  child.kill('SIGHUP')
  await waitFor(/Nothing was reloaded: without --config/)
  expect(read()).not.toContain('was reloaded\n')
  child.kill('SIGTERM')
  expect((await once(child, 'exit'))[0]).toBe(0)
})

test('after a flood of connections that uses up the file descriptors, requests are served', async () => {
  const flags = ['--upstream', 'http://127.0.0.1:9', '--public-url', publicUrl, '--listen', '127.0.0.1:0']
  const limited = ['-c', 'ulimit -n 128; exec "$0" "$@"', process.execPath, bin, 'gateway', ...flags]
  const { child, waitFor } = await start(limited, {}, 'sh')
  const url = await waitFor(/listens on (\S+)/)
  const flood = Array.from({ length: 300 }, () => connect(Number(new URL(url).port), '127.0.0.1'))
  for (const socket of flood) socket.on('error', () => undefined)
  // Those beyond the limit are closed, which shows that it was reached.
  await expect.poll(() => flood.filter((socket) => socket.closed).length, { timeout: 10_000 }).toBeGreaterThan(100)
  for (const socket of flood) socket.destroy()
  await expect.poll(async () => (await send(url, signSms())).status, { timeout: 10_000 }).toBe(502)
  child.kill('SIGTERM')
  expect((await once(child, 'exit'))[0]).toBe(0)
}, 30_000)

test('with a configured collector each request is one span, the parent of those of the backend, without secrets or message text', async () => {
  const spans: string[] = []
  const collector = createServer(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk)
    spans.push(`${req.url} ${Buffer.concat(chunks).toString('latin1')}`)
    res.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  const endpoint = await listenOn(collector)
  const upstream = await startUpstream()
  const flags = ['--upstream', upstream.url, '--public-url', publicUrl, '--listen', '127.0.0.1:0', '--mode', 'observe']
  const { child, waitFor } = await start([bin, 'gateway', ...flags], { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })
  const url = await waitFor(/listens on (\S+?)[,\s]/)
  const genuine = signSms('/sms?secret=of-a-query')
  const forged = { ...signSms(), body: 'Body=x' }
  const [traceId, parentId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
  for (const signed of [genuine, forged]) {
    const traced = { ...signed.headers, Traceparent: `00-${traceId}-${parentId}-01`, TraceState: 'a=b' }
    expect((await send(url, { ...signed, headers: traced })).status).toBe(200)
  }
  child.kill('SIGTERM')
  expect((await once(child, 'exit'))[0]).toBe(0)
  const all = spans.join('\n')
  expect(all).toContain('/v1/traces')
  for (const shown of ['POST /', 'signature_mismatch', '/sms', 'tollgate-gateway']) expect(all).toContain(shown)
  const signature = genuine.headers['x-twilio-signature'] ?? 'none'
  for (const hidden of [authToken, signature, 'of-a-query', '+15005550006', 'code & more'])
    expect(all).not.toContain(hidden)
  const sent: { traceId: string; spanId: string; parentSpanId?: string }[] = spans
    .flatMap((request) => JSON.parse(request.slice(request.indexOf('{'))).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope: { spans: unknown[] }) => scope.spans))
  const parents = upstream.seen.map(({ headers }) => headers.traceparent)
  expect(parents).toEqual(sent.map((span) => `00-${span.traceId}-${span.spanId}-01`))
  // The sender's context counts only if the request verified.
  expect(sent[0]).toMatchObject({ traceId, parentSpanId: parentId })
  expect(sent[1]?.traceId).not.toBe(traceId)
  expect(upstream.seen.map(({ headers }) => headers.tracestate)).toEqual(['a=b', undefined])
  await upstream.close()
  collector.closeAllConnections()
  collector.close()
})

test('--check checks a file as a start does, and listens nowhere', async () => {
  const file = join(folder, 'checked.yaml')
  const check = async (text: string, env: Record<string, string> = {}) => {
    writeFileSync(file, text)
    const { child, read } = await start([bin, 'gateway', '--check', '--config', file], env)
    // Unlike `exit`, it comes after the output.
    const [code] = await once(child, 'close')
    return [code, read()]
  }
  const owner = createServer()
  const taken = new URL(await listenOn(owner)).host
  const right = `listen: ${taken}\nroutes: [{ upstream: 'http://127.0.0.1:9', publicUrl: ${publicUrl} }]\n`
  expect(await check(right)).toEqual([0, `${file}: no mistake was found\n`])
  expect(await check(`${right}keys: { env: NOT_SET }\n`)).toEqual([2, expect.stringMatching(/NOT_SET is not set/)])
  expect(await check(`${right}mode: observe\n`)).toEqual([2, expect.stringMatching(/checked\.yaml:3: mode: /)])
  owner.close()
  const { child, read } = await start([bin, 'gateway', '--check', '--upstream', 'http://127.0.0.1:9'], {})
  expect([(await once(child, 'close'))[0], read()]).toEqual([2, expect.stringContaining('--config FILE')])
}, 30_000)

test('the runbook: a delivery that failed can be sent again, and counts as the first', async () => {
  const page = readFileSync(fileURLToPath(new URL('../../../../docs/runbook.md', import.meta.url)), 'utf8')
  const [command = ''] = /tollgate send [\s\S]*?(?=\n *```)/.exec(page) ?? []
  const upstream = await startUpstream((_, res) => res.writeHead(upstream.seen.length === 1 ? 500 : 200).end())
  const file = join(folder, 'again.yaml')
  const route = `{ upstream: '${upstream.url}', publicUrl: ${publicUrl} }`
  writeFileSync(file, `listen: 127.0.0.1:0\nreplay: { store: memory }\nroutes: [${route}]\n`)
  const gateway = await start([bin, 'gateway', '--config', file], {})
  const url = await gateway.waitFor(/listens on (\S+)/)
  const filled = command
    .replaceAll('AC…', accountSid)
    .replaceAll('SM…', `SM${'1'.repeat(32)}`)
    .replace('http://127.0.0.1:8080', url)
  const [, ...args] = filled.split(/[\s\\]+/)
  for (let copy = 0; copy < 3; copy++) await once((await start([bin, ...args], {})).child, 'close')
  expect(upstream.seen.map(({ headers }) => headers['tollgate-delivery'])).toEqual(['first', 'first', 'repeated'])
  gateway.child.kill('SIGTERM')
  await once(gateway.child, 'exit')
}, 30_000)

test('the command reports the line of a mistake and exits with 2', async () => {
  const file = join(folder, 'wrong.yaml')
  writeFileSync(file, 'routes:\n  - upstream: 5\n')
  const { child, read } = await start([bin, 'gateway', '--config', file], {})
  const [code] = await once(child, 'exit')
  expect([code, read()]).toEqual([2, expect.stringMatching(/wrong\.yaml:2: routes\[0\]\.upstream: /)])
})
