import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { memoryStore, replayGuard } from 'tollgate/replay'
import { expect, test } from 'vitest'
import { createGateway, type GatewayOptions } from '../src/index.ts'
import { listenOnInherited, takeInheritedSockets } from '../src/inherited-sockets.ts'
import { authToken, publicUrl, routeTo } from './support.ts'

const LISTEN_PID = String(process.pid)

const cases: readonly (readonly [what: string, env: Record<string, string>, taken: object])[] = [
  ['none', {}, {}],
  ['those of another process', { LISTEN_FDS: '1', LISTEN_PID: '1' }, {}],
  ['one without a name', { LISTEN_FDS: '1', LISTEN_PID }, { listen: { fd: 3 } }],
  ['one with the name of its unit', { LISTEN_FDS: '1', LISTEN_PID, LISTEN_FDNAMES: 'a.socket' }, { listen: { fd: 3 } }],
  ['one with a name', { LISTEN_FDS: '1', LISTEN_PID, LISTEN_FDNAMES: 'admin' }, { admin: { fd: 3 } }],
  [
    'three with names, in any order',
    { LISTEN_FDS: '3', LISTEN_PID, LISTEN_FDNAMES: 'admin:forwardAuth:listen' },
    { admin: { fd: 3 }, forwardAuth: { fd: 4 }, listen: { fd: 5 } },
  ],
]

for (const [what, env, taken] of cases)
  test(`sockets of systemd: ${what}`, () => {
    expect(takeInheritedSockets(env)).toEqual(taken)
    // A child process must not take them too.
    expect(Object.keys(env)).toHaveLength(env.LISTEN_PID === LISTEN_PID ? 0 : Object.keys(env).length)
  })

test.each(['a:b', 'listen:listen', ''])('two sockets named %s are an error that says what to set', (names) => {
  const env = { LISTEN_FDS: '2', LISTEN_PID, LISTEN_FDNAMES: names }
  expect(() => takeInheritedSockets(env)).toThrow(/FileDescriptorName= .*listen, admin, forwardAuth$/)
})

test.each([
  ['nothing', { LISTEN_FDS: '' }],
  ['a text', { LISTEN_FDS: 'one' }],
  ['no socket', { LISTEN_FDS: '0' }],
  ['a fraction', { LISTEN_FDS: '1.5' }],
  ['more names than sockets', { LISTEN_FDS: '1', LISTEN_FDNAMES: 'listen:admin' }],
  ['fewer names than sockets', { LISTEN_FDS: '3', LISTEN_FDNAMES: 'listen:admin' }],
])('sockets of systemd with %s are an error', (_what, env) => {
  expect(() => takeInheritedSockets({ ...env, LISTEN_PID })).toThrow(/^LISTEN_FDS is "/)
})

test('a socket in the configuration is used as it is, and other addresses are complete', () => {
  const routes = [routeTo('http://127.0.0.1:9')]
  const forwardAuth = { publicUrl, authToken: 'a'.repeat(32) }
  expect(listenOnInherited({ routes, listen: { fd: 3 }, forwardAuth }, {})).toMatchObject({
    listen: { fd: 3 },
    forwardAuth: { listen: { host: '127.0.0.1', port: 8081 } },
  })
  const inFile = listenOnInherited(
    { routes, listen: { fd: 3 }, forwardAuth: { ...forwardAuth, listen: { fd: 4 } } },
    {},
  )
  expect([inFile.listen, inFile.forwardAuth?.listen]).toEqual([{ fd: 3 }, { fd: 4 }])
  expect(() => createGateway(inFile)).not.toThrow()
})

test('a socket replaces the address of its listener, and a socket without a listener is an error', () => {
  const options: GatewayOptions = { listen: { port: 1 }, routes: [routeTo('http://127.0.0.1:9')] }
  expect(listenOnInherited(options, {})).toMatchObject({ listen: { host: '127.0.0.1', port: 1 }, admin: false })
  const sockets = { listen: { fd: 3 }, admin: { fd: 4 } }
  expect(listenOnInherited(options, sockets)).toMatchObject(sockets)
  expect(() => listenOnInherited(options, { forwardAuth: { fd: 5 } })).toThrow('"forwardAuth" is not set')
})

test('an upstream that is the address of an inherited socket is an error, and the socket is closed', async () => {
  const owner = createServer().listen(0, '127.0.0.1')
  await once(owner, 'listening')
  const { port } = owner.address() as { port: number }
  const script = `import { createGateway } from '@tollgate/gateway'
const routes = [{ path: '/', upstream: 'http://127.0.0.1:${port}', publicUrl: '${publicUrl}', authToken: '${'a'.repeat(32)}' }]
await createGateway({ listen: { fd: 3 }, routes }).listen().catch(({ message }) => console.log(message))`
  const { fd } = (owner as unknown as { _handle: { fd: number } })._handle
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit', fd],
  })
  let output = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  await once(child, 'close')
  expect(output).toMatch(/"upstream" is http:\/\/127\.0\.0\.1:\d+, which is the address of "listen"/)
  owner.close()
})

test.each([
  ['replay', { replay: replayGuard({ store: memoryStore() }) }, /belongs to a route .*"routes\[0\]\.replay"/],
  ['keys', { keys: { env: 'A' } }, /"authToken"/],
  ['graceMs', { graceMs: 1 }, /close\(\{ graceMs \}\)/],
  ['workers', { workers: 2 }, /one process/],
  ['tls', { listen: { tls: {} } }, /proxy in front/],
  ['fd and port', { listen: { fd: 3, port: 1 } }, /leave out "host" and "port"/],
  ['fd of a standard stream', { listen: { fd: 1 } }, /"listen\.fd" must be an integer from 3/],
  ['maxBodyBytes of a route', { routes: [routeTo('http://a', { maxBodyBytes: 0 })] }, /^In routes\[0\]: .*at least 1/],
  [
    'maxBodyBytes of forward-auth',
    { routes: [], forwardAuth: { publicUrl, authToken, maxBodyBytes: 0 } },
    /^In forwardAuth: "maxBodyBytes" must be at least 1/,
  ],
  ...['http://$'.concat('{UPSTREAM:-secret}:3000'), '$UPSTREAM', 'http://$UPSTREAM:3000'].map(
    (upstream): [string, object, RegExp] => [
      `upstream ${upstream}`,
      { routes: [routeTo(upstream)] },
      /^In routes\[0\]: "upstream" contains the variable UPSTREAM, which was not replaced by its value$/,
    ],
  ),
  ...['http://u:p$secret@a', 'http://{{ upstream }}', 'http://$1'].map((upstream): [string, object, RegExp] => [
    `upstream ${upstream}`,
    { routes: [routeTo(upstream)] },
    /^In routes\[0\]: "upstream" must be http\(s\):\/\/host:port, without a path$/,
  ]),
] as [string, object, RegExp][])('createGateway refuses a wrong option: %s', (_, more, message) => {
  const routes = [routeTo('http://127.0.0.1:9')]
  expect(() => createGateway({ routes, ...more })).toThrow(message)
})
