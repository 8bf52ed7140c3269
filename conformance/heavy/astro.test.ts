import { astro } from '../frameworks/astro.ts'
import { host } from '../kit/draft.ts'
import { describeBuilt } from './built-version.ts'
import { describeOriginCheck } from './origin-check.ts'

for (const version of astro) {
  describeBuilt(version, 'conformance/projects/astro')
  describeOriginCheck(version, {
    sources: 'examples/astro',
    byDefault: {
      'astro.config.mjs': (text) => text.replace('security: { checkOrigin: false },', ''),
      'src/middleware.js': () => 'export const onRequest = (_context, next) => next()\n',
    },
    withOther: { 'src/pages/other.js': () => "export const POST = () => new Response('posted')\n" },
    // The URL that Astro makes without `security.allowedDomains`. Version 5 takes no host from a
    // request.
    ownOrigin: version.project === 'astro5' ? 'http://localhost' : `http://${host}`,
  })
}
