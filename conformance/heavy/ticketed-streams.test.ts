import { onTestFinished, test } from 'vitest'
import { startExample } from '../frameworks/start-example.ts'
import { expectTickets } from '../frameworks/ticketed-streams.ts'
import { token } from '../kit/draft.ts'
import { programs } from '../runtimes/project.ts'

// In heavy/, because it installs Bun.

test('the example with Bun accepts a socket only with the ticket of its call, and accepts it again', async () => {
  const { url, stop } = await startExample('ws', `${programs.bun()} bun.mjs`)
  onTestFinished(stop)
  await expectTickets(url, token)
}, 300_000)
