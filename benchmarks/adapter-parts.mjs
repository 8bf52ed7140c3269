// Prints what the parts of a guarded server cost, as multiples of the same server with a hand-written
// check, for the two frameworks that are over their budget.
import { compareKinds } from './core/middleware.mjs'
import { makeRow } from './core/rows.mjs'

const kinds = {
  plain: 'no check',
  constant: 'adapter, with a constant verdict',
  direct: 'verifier, without the adapter',
  guarded: 'adapter and verifier',
}

for (const framework of ['Fastify', 'Hono']) {
  const measured = await compareKinds(framework, ['minimal', ...Object.keys(kinds)], 21)
  for (const [index, what] of Object.values(kinds).entries()) {
    const { figure, spread } = makeRow(what, measured[index] ?? [])
    console.log(`${framework}: ${what}`.padEnd(42), figure.padStart(8), `  middle half of the rounds: ${spread}`)
  }
}
