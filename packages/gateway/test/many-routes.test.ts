import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { Lexer, Parser } from 'yaml'
import { loadConfiguration } from '../src/config/load.ts'
import { createResources } from '../src/config/resources.ts'
import { createGateway } from '../src/index.ts'
import type { Route } from '../src/options.ts'
import { authToken, routeTo, send, signSms, startGateway, startUpstream } from './support.ts'

/** Counts what happens in each turn of the event loop. */
function watchTurns() {
  let count = 0
  let most = 0
  let total = 0
  let isOver = false
  const turn = (): void => {
    most = Math.max(most, count)
    count = 0
    if (!isOver) setImmediate(turn)
  }
  turn()
  return {
    add() {
      count++
      total++
    },
    stop() {
      isOver = true
      turn()
      return { most, total }
    },
  }
}

test('a reload of 2,000 routes prepares a few of them in each turn of the event loop', async () => {
  const upstream = await startUpstream()
  const gateway = await startGateway(upstream.url, { log: 'silent' })
  const turns = watchTurns()
  const routes = Array.from({ length: 2000 }, (_, index): Route => {
    const route = routeTo(upstream.url, { host: `tenant-${index}.example.com` })
    // The verifier of a route is created with its token.
    return Object.defineProperty({ ...route }, 'authToken', {
      enumerable: true,
      get() {
        turns.add()
        return authToken
      },
    })
  })
  await gateway.reload({ listen: { port: 0 }, log: 'silent', routes })
  const { most, total } = turns.stop()
  expect(total).toBeGreaterThanOrEqual(2000)
  expect(most).toBeLessThanOrEqual(200)
})

test('reloads follow one another, and the last call wins', async () => {
  const upstream = await startUpstream()
  const gateway = await startGateway(upstream.url, { log: 'silent' })
  const many = Array.from({ length: 500 }, (_, index) => routeTo(upstream.url, { host: `tenant-${index}.example.com` }))
  const slow = gateway.reload({ listen: { port: 0 }, log: 'silent', routes: many })
  await Promise.all([slow, gateway.reload({ listen: { port: 0 }, log: 'silent', routes: [routeTo(upstream.url)] })])
  expect((await send(gateway.url, signSms())).status).toBe(200)
})

test('a configuration file is read in slices', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-many-routes-'))
  const file = join(folder, 'gateway.yaml')
  const rows = Array.from(
    { length: 500 },
    (_, index) =>
      `  - host: tenant-${index}.example.com\n    upstream: http://127.0.0.1:3000\n    publicUrl: https://tenant-${index}.example.com\n`,
  )
  const resources = createResources({ TWILIO_AUTH_TOKEN: authToken }, () => undefined)
  writeFileSync(file, `routes:\n${rows.join('')}`)
  const turns = watchTurns()
  const { next } = Parser.prototype
  vi.spyOn(Parser.prototype, 'next').mockImplementation(function* (this: Parser, lexeme: string) {
    turns.add()
    yield* next.call(this, lexeme)
  })
  const { options } = await loadConfiguration(file, resources)
  vi.restoreAllMocks()
  const { most, total } = turns.stop()
  expect(options.routes).toHaveLength(500)
  expect(total).toBe([...new Lexer().lex(`routes:\n${rows.join('')}`)].length)
  expect(most).toBeLessThanOrEqual(1000)
  writeFileSync(file, `routes:\n${rows.join('')}    upstreams: x\n`)
  await expect(loadConfiguration(file, resources)).rejects.toThrow('gateway.yaml:1502: routes[499].upstreams')
  await resources.closeAll()
  rmSync(folder, { recursive: true })
})

test('a reload that is under way when the gateway closes changes nothing', async () => {
  const upstream = await startUpstream()
  const gateway = createGateway({ listen: { port: 0 }, log: 'silent', routes: [routeTo(upstream.url)] })
  await gateway.listen()
  const many = Array.from({ length: 500 }, (_, index) => routeTo(upstream.url, { host: `tenant-${index}.example.com` }))
  const reload = expect(gateway.reload({ listen: { port: 0 }, log: 'silent', routes: many })).rejects.toThrow(
    'is closing',
  )
  await gateway.close({ graceMs: 0 })
  await reload
})
