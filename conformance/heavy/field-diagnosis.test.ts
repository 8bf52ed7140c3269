import type { Diagnoser, VerifierOptions } from 'tollgate'
import { withHints } from 'tollgate/diagnose'
import { beforeAll, describe, expect, test } from 'vitest'
import { explainRejected } from '../diagnosis/explained.ts'
import { causes, others } from '../field/expected.ts'
import { families, runSetUp } from '../field/run.ts'
import { type BrokenSetUp, defaults, type SetUp } from '../field/set-up.ts'
import { token } from '../kit/draft.ts'

interface Explained {
  readonly text: string
  /** The causes that the text names, the most likely first. */
  readonly named: readonly string[]
  /** The text says that nothing is proven, and lists what is left. */
  readonly isOpen: boolean
  /** The option that the text says to set. */
  readonly line: string | undefined
}

/** Runs a set-up with the `diagnose` option and reads what it prints. */
async function explain(setUp: SetUp, diagnoser?: Diagnoser): Promise<Explained> {
  let text: Promise<string> | undefined
  const outcome = await runSetUp(setUp, {
    options: {
      diagnose: {
        explain(rejected) {
          text = explainRejected(rejected, diagnoser as never)
        },
      },
    },
    settle: () => text,
  })
  const printed = (await text) ?? ''
  if ('works' in setUp && outcome.logged.length > 0) throw new Error(`It prints ${outcome.logged.join('\n')}`)
  return {
    text: printed,
    named: [...printed.matchAll(/^ {2}([a-z][a-z0-9_]+): /gm)].map(([, id = '']) => id),
    isOpen: printed.includes('Nothing is proven after') && printed.includes('Possible causes'),
    line: /Set (publicUrl|signedUrl|trailingSlash|methods)(: .*?)\.(?= [A-Z]|\n|$)/.exec(printed)?.slice(1).join(''),
  }
}

/** Makes the options that a printed line writes. */
function readLine(line: string): VerifierOptions {
  return new Function(`return ({ ${line} })`)()
}

/** The thing that settles the cause, as hints of the `diagnose` option. */
function hintFor({ sent }: BrokenSetUp): Diagnoser {
  return withHints({
    otherTokens: { hint: sent.sharedKey?.secret ?? sent.token ?? token },
    otherUrls: [sent.signedUrl ?? sent.url],
  })
}

interface Judged {
  readonly family: string
  readonly setUp: BrokenSetUp
  readonly explained: Explained
  readonly isExact: boolean
  /** Nothing is proven, and the cause is among what is left. */
  readonly isHonest: boolean
  readonly isExactWithHint: boolean
}

function isNamed({ id, cause }: BrokenSetUp, { named, isOpen }: Explained): boolean {
  const expected = [...(others[id] ?? causes[cause] ?? [])].sort()
  return [...(isOpen ? named.slice(0, 1) : named)].sort().join() === expected.join()
}

async function judge(family: string, setUp: BrokenSetUp): Promise<Judged> {
  const explained = await explain(setUp)
  const isExact = isNamed(setUp, explained)
  const [first = ''] = others[setUp.id] ?? causes[setUp.cause] ?? []
  const isExactWithHint =
    isExact && !explained.isOpen
      ? true
      : setUp.hint !== undefined && isNamed(setUp, await explain(setUp, hintFor(setUp)))
  return {
    family,
    setUp,
    explained,
    isExact,
    isHonest: explained.isOpen && explained.named.includes(first),
    isExactWithHint: isExact || isExactWithHint,
  }
}

describe('set-ups from the field', () => {
  const judged: Judged[] = []

  beforeAll(async () => {
    for (const [family, setUps] of Object.entries(families))
      for (const setUp of setUps) if (!('works' in setUp)) judged.push(await judge(family, setUp))
    const rows = Object.keys(families).map((family) => {
      const ofFamily = judged.filter((one) => one.family === family)
      const count = (test: (one: Judged) => boolean): number => ofFamily.filter(test).length
      return `${family}: ${count((one) => one.isExact)} of ${ofFamily.length} exact, ${count((one) => one.isExactWithHint)} with a hint, ${count((one) => !one.isExact && one.isHonest)} listed, ${count((one) => !one.isExact && !one.isHonest)} misleading`
    })
    console.log(rows.join('\n'))
  }, 600_000)

  const show = (list: readonly Judged[]): string =>
    list.map(({ setUp, explained }) => `${setUp.id} (${setUp.cause})\n${explained.text}`).join('\n\n')

  test('the table knows every cause', () => {
    expect(judged.filter(({ setUp }) => causes[setUp.cause] === undefined).map(({ setUp }) => setUp.cause)).toEqual([])
  })

  test('at least 90 % are named exactly, and 95 % with a hint', () => {
    const inexact = judged.filter(({ isExact }) => !isExact)
    expect(1 - inexact.length / judged.length, show(inexact)).toBeGreaterThanOrEqual(0.9)
    const open = judged.filter(({ isExactWithHint }) => !isExactWithHint)
    expect(1 - open.length / judged.length, show(open)).toBeGreaterThanOrEqual(0.95)
  })

  test('none is named as something else', () => {
    expect(show(judged.filter(({ isExact, isHonest }) => !isExact && !isHonest))).toBe('')
  })

  test('each printed option makes the request verify', async () => {
    const withLine = judged.filter(({ explained }) => explained.line !== undefined)
    expect(withLine.length).toBeGreaterThan(50)
    for (const { setUp, explained } of withLine) {
      const options = { ...defaults, ...setUp.options, ...readLine(explained.line ?? '') }
      const { verdicts } = await runSetUp(setUp, { options })
      expect(verdicts, `${setUp.id}: ${explained.line}`).toMatchObject([{ ok: true }])
    }
  }, 600_000)

  test('genuine requests print nothing', async () => {
    for (const setUp of Object.values(families).flat())
      if ('works' in setUp) expect(await explain(setUp), setUp.id).toMatchObject({ text: '' })
  }, 600_000)
})
