import { dirname } from 'node:path'

// Copied to .build/SHAPE of a project, which holds the node_modules. Next builds its routing in, so that each shape is one build.
const shape = process.env.SHAPE
const root = dirname(dirname(import.meta.dirname))

/** @type {import('next').NextConfig} */
const config = {
  outputFileTracingRoot: root,
  turbopack: { root },
  ...(shape === 'prefixed' && { basePath: '/base', trailingSlash: true }),
  ...(shape === 'pages' && {
    rewrites: async () => ({ beforeFiles: [{ source: '/:path*', destination: '/api/:path*' }] }),
  }),
}

export default config
