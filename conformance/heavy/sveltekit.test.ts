import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sveltekit } from '../frameworks/sveltekit.ts'
import { origin } from '../kit/draft.ts'
import { describeBuilt } from './built-version.ts'
import { describeOriginCheck } from './origin-check.ts'

for (const version of sveltekit) {
  describeBuilt(version, 'conformance/projects/sveltekit')
  describeOriginCheck(version, {
    sources: 'examples/sveltekit',
    byDefault: { 'vite.config.js': (text) => text.replace("csrf: { trustedOrigins: ['*'] },", '') },
    withOther: { 'src/routes/other/+server.js': () => "export const POST = () => new Response('posted')\n" },
    // The default of adapter-node is https.
    ownOrigin: origin,
  })
}

test('the page shows the endpoint of the example', () => {
  const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
  const endpoint = read('examples/sveltekit/src/routes/sms/+server.js').trimEnd()
  expect(read('docs/frameworks/sveltekit.md')).toContain(endpoint)
})
