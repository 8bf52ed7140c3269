import { createHash } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { verdictListener } from '../src/checks/runtime.ts'
import { createVerifier, type VerifiedRequest } from '../src/index.ts'
import { forged, genuine, options } from './requests.ts'

const _hash = (text: string): string => createHash('sha256').update(text).digest('hex')

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
})
