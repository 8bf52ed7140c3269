import { expect, test } from 'vitest'
import published from '../../../conformance/data/published.json' with { type: 'json' }
import { createVerifier, type Verdict } from '../src/index.ts'
import { kindOf } from '../src/params/index.ts'
import { memoryStore, replayGuard } from '../src/replay/index.ts'
import { kinds, neverRepeats } from '../src/schemes/twilio/webhooks/index.ts'
import { sampleWebhook, webhookKinds } from '../src/testing/index.ts'
import { authToken, formRequest, naiveJoin, origin, sign } from './requests.ts'
import { twilioFixtures } from './testing-fixtures.ts'

type Pairs = readonly (readonly [name: string, value: string])[]

interface Signed {
  readonly target: string
  readonly pairs: Pairs
}

const target = '/webhook?from=twilio'
const more = [
  ['ApiVersion', '2010-04-01'],
  ['OptOutType', 'STOP'],
  ['OtherRecipients0', '72345'],
  ['OtherRecipients1', '72346'],
  ['MediaUrl0', 'https://api.twilio.com/media'],
  ['MediaContentType0', 'image/png'],
  ['ErrorCode', '30007'],
  ['RecordingUrl', 'https://api.twilio.com/recording'],
] as const

/** Every sample, fixture and published payload of a kind that never repeats, alone and with more. */
function listGenuine(): Map<string, Pairs> {
  const forms = [
    ...webhookKinds.map((kind): [string, Pairs] => [kind, sampleWebhook(kind).params ?? []]),
    ...twilioFixtures.map((fixture): [string, Pairs] => [fixture.id, fixture.method === 'POST' ? fixture.params : []]),
    ...published.map(({ title, params }): [string, Pairs] => [
      title,
      Object.entries(params ?? {}) as [string, string][],
    ]),
  ]
  const found = new Map<string, Pairs>()
  for (const [id, pairs] of forms) {
    const kind = kindOf(new Map(pairs))
    if (kind === undefined || !neverRepeats(kind)) continue
    found.set(id, pairs)
    const known = kinds[kind].parameters.map(({ name }) => name)
    const others = more.filter(([name]) => known.includes(name.replace(/\d$/, '{N}')))
    found.set(`${id}, with more`, [...new Map([...others, ...pairs])])
  }
  return found
}

/** All ways to move one character between neighbours in the text that Twilio signs. */
function listMoves({ target, pairs }: Signed): Signed[] {
  const sorted = pairs.toSorted(([one], [other]) => (one < other ? -1 : 1))
  const pieces = [target, ...sorted.flat()]
  const text = pieces.join('')
  const moved = pieces.slice(1).flatMap((piece, index) => {
    const before = pieces[index] as string
    const [first = '', last = ''] = [piece.slice(0, 1), before.slice(-1)]
    return [
      pieces.with(index, before + first).with(index + 1, piece.slice(1)),
      pieces.with(index, before.slice(0, before.length - 1)).with(index + 1, last + piece),
    ]
  })
  return moved
    .map(([target = '', ...rest]) => {
      const pairs = rest.flatMap((name, at): Pairs => (at % 2 === 0 ? [[name, rest[at + 1] ?? '']] : []))
      return { target, pairs }
    })
    .filter((one) => one.target + naiveJoin(one.pairs) === text && JSON.stringify(one.pairs) !== JSON.stringify(sorted))
}

function createServer(whenRepeated: 'mark' | 'reject') {
  const replay = replayGuard({ store: memoryStore(), whenRepeated })
  const { verify } = createVerifier({ publicUrl: origin, authToken, replay })
  return (signed: Signed): Promise<Verdict> => {
    const signature = sign(origin + signed.target + naiveJoin(signed.pairs))
    return verify({ ...formRequest(signed.pairs, { ...signed, signature }), reportsOutcome: true })
  }
}

function summarise(verdict: Verdict): string {
  return verdict.ok ? String(verdict.delivery) : verdict.code
}

const signed = Array.from(listGenuine(), ([id, pairs]) => [id, { target, pairs }] as const)

test.each(signed)('no variant uses up the genuine %s, or runs as the first after it', async (_id, genuine) => {
  const wrong = new Set<string>()
  const moves = listMoves(genuine)
  expect(moves.length).toBeGreaterThan(10)
  for (const whenRepeated of ['mark', 'reject'] as const)
    for (const variant of moves) {
      const [early, late, failed] = [1, 2, 3].map(() => createServer(whenRepeated))
      if (early === undefined || late === undefined || failed === undefined) throw new Error('three servers')
      const seen: string[] = []
      const send = async (server: typeof early, one: Signed, end?: 'confirm' | 'release') => {
        const verdict = await server(one)
        seen.push(summarise(verdict))
        if (verdict.ok && end !== undefined) await verdict[end]()
      }
      await send(early, variant)
      await send(early, genuine, 'confirm')
      await send(early, variant, 'confirm')
      await send(late, variant, 'confirm')
      await send(late, genuine, 'confirm')
      await send(late, genuine)
      await send(late, variant, 'confirm')
      await send(failed, genuine, 'release')
      await send(failed, variant, 'confirm')
      await send(failed, genuine, 'confirm')
      const again = whenRepeated === 'reject' ? 'replayed' : 'repeated'
      const expected = ['*', 'first', again, '*', 'first', again, again, 'first', '*', 'first']
      if (seen.some((one, at) => expected[at] !== '*' && expected[at] !== one))
        wrong.add(JSON.stringify({ whenRepeated, variant, seen }))
    }
  expect([...wrong]).toEqual([])
})
