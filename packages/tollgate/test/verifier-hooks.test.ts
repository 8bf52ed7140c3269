import { createHash } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { verdictListener } from '../src/checks/runtime.ts'
import { createVerifier, type Delivery, type VerifiedRequest } from '../src/index.ts'
import { accountSid, forged, genuine, getRequest, options } from './requests.ts'

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

describe('onVerdict and diagnose', () => {
  test('diagnose remembers only accepted requests, and its errors are ignored', async () => {
    const remember = vi.fn((_verified: VerifiedRequest) => {
      throw new Error('no')
    })
    const given = { ...options, diagnose: { explain() {}, remember } }
    const { verify } = createVerifier(given)
    const verdict = await verify(genuine)
    expect(verdict).toMatchObject({ ok: true })
    await verify(forged)
    expect(remember.mock.calls).toMatchObject([[{ verdict, request: genuine, options }]])
    expect(
      await createVerifier({ ...options, mode: 'observe', diagnose: given.diagnose }).verify(forged),
    ).toMatchObject({
      ok: false,
    })
    expect(remember).toHaveBeenCalledTimes(1)
  })

  test('a listener of tollgate/testing gets every verdict, and its errors are ignored', async () => {
    const listener = vi.fn(() => {
      throw new Error('no')
    })
    vi.stubGlobal(verdictListener as never, listener)
    const { verify } = createVerifier(options)
    const verdicts = [await verify(genuine), await verify(forged)]
    vi.unstubAllGlobals()
    expect(verdicts).toMatchObject([{ ok: true }, { ok: false }])
    expect(listener.mock.calls).toEqual([
      [verdicts[0], genuine],
      [verdicts[1], forged],
    ])
  })
})

describe('replay', () => {
  test('who reports no outcome has a delivery that counts as handled, before the verdict', async () => {
    for (const fail of [false, true]) {
      const confirm = vi.fn(() => (fail ? Promise.reject(new Error('down')) : undefined))
      const { verify } = createVerifier({ ...options, replay: { reserve: () => ({ delivery: 'first', confirm }) } })
      for (const [index, reportsOutcome] of [undefined, false, 'yes' as never].entries()) {
        expect(await verify({ ...genuine, reportsOutcome })).toMatchObject({ ok: true, delivery: 'first' })
        expect(confirm).toHaveBeenCalledTimes(index + 1)
      }
    }
    const thrower = vi.fn((): never => {
      throw new Error('down')
    })
    const { verify } = createVerifier({
      ...options,
      replay: { reserve: () => ({ delivery: 'first', confirm: thrower }) },
    })
    expect(await verify(genuine)).toMatchObject({ ok: true })
  })

  test('who reports the outcome confirms or releases once, and a confirmation after the release does nothing', async () => {
    const confirm = vi.fn()
    const release = vi.fn()
    const { verify } = createVerifier({
      ...options,
      replay: { reserve: () => ({ delivery: 'first', confirm, release }) },
    })
    const counts = () => [confirm.mock.calls.length, release.mock.calls.length]
    const open = async () => {
      const verdict = await verify({ ...genuine, reportsOutcome: true })
      if (!verdict.ok) throw new Error(verdict.code)
      return verdict
    }
    const released = await open()
    expect(counts()).toEqual([0, 0])
    await Promise.all([released.release(), released.release(), released.confirm()])
    expect(counts()).toEqual([0, 1])
    const confirmed = await open()
    await Promise.all([confirmed.confirm(), confirmed.confirm()])
    expect(counts()).toEqual([1, 1])
    // The work may fail later, for example in a queue.
    await confirmed.release()
    expect(counts()).toEqual([1, 2])
  })

  test('a guard without confirm and release: both do nothing', async () => {
    const { verify } = createVerifier({ ...options, replay: { reserve: () => ({ delivery: 'first' }) } })
    const verdict = await verify({ ...genuine, reportsOutcome: true })
    if (!verdict.ok) throw new Error(verdict.code)
    await expect(verdict.confirm()).resolves.toBeUndefined()
    await expect(verdict.release()).resolves.toBeUndefined()
  })

  test('the guard is not asked about a GET with the hash of another body, so its delivery is unknown', async () => {
    const reserve = vi.fn(() => ({ delivery: 'first' }) as const)
    const { verify } = createVerifier({ ...options, replay: { reserve } })
    const target = `/status?AccountSid=${accountSid}&BundleSid=BU1&bodySHA256=${hash('another')}`
    const verdict = await verify(getRequest({ target }))
    if (!verdict.ok) throw new Error(verdict.code)
    expect(verdict).toMatchObject({ covers: 'url', delivery: 'unknown' })
    expect(reserve).not.toHaveBeenCalled()
    await expect(verdict.confirm()).resolves.toBeUndefined()
    await expect(verdict.release()).resolves.toBeUndefined()
  })

  test('another order or spelling of the same form is the same delivery', async () => {
    const keys = new Set<string>()
    const replay = {
      reserve: ({ key }: Delivery) => {
        keys.add(key)
        return { delivery: 'first' as const }
      },
    }
    const { verify } = createVerifier({ ...options, replay })
    for (const body of [
      'Body=+Hi+there+&From=%2B15551230000',
      'From=%2b15551230000&Body=%20Hi%20there%20',
      'From=%2B15551230000&Bod%79=+Hi+there+&Body=+Hi+there+',
    ])
      expect(await verify({ ...genuine, body })).toMatchObject({ ok: true })
    expect(keys.size).toBe(1)
  })
})
