/**
 * What users may import, and the source file behind it. The build, the package's `exports` (`npm
 * run exports` writes them) and the package tests all read this list.
 */
export const entries = {
  '.': 'src/index.ts',
  './node': 'src/adapters/node.ts',
  './express': 'src/adapters/express.ts',
  './fetch': 'src/adapters/fetch.ts',
  './fastify': 'src/adapters/fastify.ts',
  './koa': 'src/adapters/koa.ts',
  './hono': 'src/adapters/hono.ts',
  './h3': 'src/adapters/h3.ts',
  './elysia': 'src/adapters/elysia.ts',
  './lambda': 'src/adapters/lambda.ts',
  './azure': 'src/adapters/azure.ts',
  './ws': 'src/adapters/ws.ts',
  './nest': 'src/adapters/nest.ts',
  './next': 'src/adapters/next.ts',
  './sveltekit': 'src/adapters/sveltekit.ts',
  './astro': 'src/adapters/astro.ts',
  './react-router': 'src/adapters/react-router.ts',
  './testing': 'src/testing/index.ts',
  './testing/node': 'src/testing/node.ts',
  './testing/vitest': 'src/testing/vitest.ts',
  './testing/jest': 'src/testing/jest.ts',
  './sendgrid': 'src/schemes/sendgrid/index.ts',
  './twiml': 'src/twiml.ts',
  './compat': 'src/compat/index.ts',
  './params': 'src/params/index.ts',
  './keys': 'src/keys/index.ts',
  './replay': 'src/replay/index.ts',
  './diagnose': 'src/diagnose/index.ts',
  './stream': 'src/stream/index.ts',
  './internal': 'src/internal.ts',
}

/**
 * Entry points that make no HMAC. The others have two more files. `dist/pure/` is for runtimes other
 * than Node.js and brings the pure provider, `dist/bun/` is for Bun and brings `node:crypto`.
 */
export const withoutHmac = ['./twiml', './params', './keys', './replay']

/** The providers of ECDSA, reached through `#ecdsa`, and what those files bring. */
export const providers = {
  './hmac/crypto': 'src/hmac/use-crypto.ts',
  './hmac/pure': 'src/hmac/use-pure.ts',
  './ecdsa/node': 'src/ecdsa/node.ts',
  './ecdsa/web': 'src/ecdsa/web.ts',
}

/** The providers of the CommonJS copy, and what chooses between them when it is loaded. */
export const requiredProviders = {
  './hmac/node': 'src/hmac/node.ts',
  './hmac/pure': 'src/hmac/pure.ts',
  './hmac/required': 'src/hmac/required.ts',
  './ecdsa/node': 'src/ecdsa/node.ts',
  './ecdsa/web': 'src/ecdsa/web.ts',
  './ecdsa/required': 'src/ecdsa/required.ts',
}
