import { expect, test } from 'vitest'
import { flushAtEndOfTurn } from '../src/end-of-turn.ts'

test('all that wait are flushed together and in order, behind the reads of the turn', async () => {
  const events: string[] = []
  const wait = (name: string): void => flushAtEndOfTurn({ flush: () => void events.push(name) })
  setImmediate(() => {
    wait('first')
    process.nextTick(() => events.push('read'))
    process.nextTick(() => wait('second'))
  })
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(events).toEqual(['read', 'first', 'second'])
})

test('one that begins to wait during a flush is flushed in the next turn', async () => {
  const flushed = await new Promise<string[]>((resolve) => {
    const names: string[] = []
    const last = { flush: () => resolve([...names, 'last']) }
    flushAtEndOfTurn({ flush: () => flushAtEndOfTurn(last) })
    flushAtEndOfTurn({ flush: () => void names.push('second') })
  })
  expect(flushed).toEqual(['second', 'last'])
})
