// Prints what the parts of a guarded server cost, as multiples of the same server with a hand-written
// check, for two frameworks that leave an adapter the least time, and for a Request that Node.js made.
import { compareKinds } from './core/middleware.mjs'
import { makeRow } from './core/rows.mjs'

const common = {
  plain: 'no check',
  constant: 'adapter, with a constant verdict',
  direct: 'verifier, without the adapter',
  guarded: 'adapter and verifier',
}

/** @type {Record<string, Record<string, string>>} */
const frameworks = {
  Fastify: { ...common, bodiless: 'the same, without request.body' },
  Hono: common,
  SvelteKit: { plain: 'no check', cloned: 'a check by hand, of a clone', guarded: common.guarded },
}

for (const [framework, kinds] of Object.entries(frameworks)) {
  const measured = await compareKinds(framework, ['minimal', ...Object.keys(kinds)], 21)
  for (const [index, what] of Object.values(kinds).entries()) {
    const { figure, spread } = makeRow(what, measured[index] ?? [])
    console.log(`${framework}: ${what}`.padEnd(42), figure.padStart(8), `  middle half of the rounds: ${spread}`)
  }
}
