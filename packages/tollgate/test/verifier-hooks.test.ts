import { createHash } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import {
  createVerifier,
  type Delivery,
  type IncomingRequest,
  type RejectedRequest,
  type Verdict,
} from '../src/index.ts'
import { forged, genuine, handshakeRequest, options, origin } from './requests.ts'

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

describe('onVerdict and diagnose', () => {
  test('onVerdict gets the verdict and both requests, and its errors are ignored', async () => {
    for (const fail of [
      () => {
        throw new Error('no')
      },
      () => Promise.reject(new Error('no')),
    ]) {
      const seen: unknown[][] = []
      const onVerdict = (...given: [Verdict, IncomingRequest, unknown]) => {
        seen.push(given)
        return fail()
      }
      const native = {}
      const verdict = await createVerifier({ ...options, onVerdict }).verify(genuine, native)
      expect(verdict).toMatchObject({ ok: true })
      expect(seen).toEqual([[verdict, genuine, native]])
    }
  })

  test('diagnose gets rejections with the bytes of the body, and its errors are ignored', async () => {
    const rejected: RejectedRequest[] = []
    const diagnose = {
      explain: (one: RejectedRequest) => {
        rejected.push(one)
        throw new Error('no')
      },
    }
    const { verify } = createVerifier({ ...options, diagnose })
    const body = (async function* () {
      yield new TextEncoder().encode('a=1')
    })()
    await verify(genuine)
    expect(await verify({ ...forged, body })).toMatchObject({ code: 'signature_mismatch' })
    expect(await verify({ ...genuine, method: 'PUT' })).toMatchObject({ code: 'method_not_allowed' })
    expect(rejected.map(({ rejection }) => rejection.code)).toEqual(['signature_mismatch', 'method_not_allowed'])
    expect(new TextDecoder().decode(rejected[0]?.request.body as Uint8Array)).toBe('a=1')
    expect(rejected[0]?.request).toMatchObject({ method: 'POST', url: '/sms' })
    expect(rejected[1]?.request).not.toHaveProperty('body')
  })
})

describe('replay', () => {
  test('the guard is asked after the signature matched, and its answer is in the verdict', async () => {
    const release = vi.fn()
    const deliveries: Delivery[] = []
    const replay = {
      reserve: (delivery: Delivery) => {
        deliveries.push(delivery)
        return { replayed: 'unknown', release } as const
      },
    }
    const { verify } = createVerifier({ ...options, replay })
    expect(await verify(forged)).toMatchObject({ ok: false })
    expect(deliveries).toEqual([])
    const verdict = await verify(genuine)
    expect(verdict).toMatchObject({ ok: true, replayed: 'unknown' })
    expect(deliveries).toMatchObject([
      { key: hash(`${origin}/smsBody Hi there From+15551230000`), handshake: false, covers: 'params' },
    ])
    expect(release).not.toHaveBeenCalled()
    if (verdict.ok) await verdict.release()
    expect(release).toHaveBeenCalledTimes(1)
    await verify(handshakeRequest('/m', 'wss://api.example.com/m'))
    expect(deliveries[1]).toMatchObject({ handshake: true, covers: 'url' })
  })

  test('another order or spelling of the same form is the same delivery', async () => {
    const keys = new Set<string>()
    const replay = {
      reserve: ({ key }: Delivery) => {
        keys.add(key)
        return { replayed: false }
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
