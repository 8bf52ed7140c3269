import { dirname } from 'node:path'

// This is copied to .build/SHAPE of a project that has the node_modules. A build includes its
// routing, so each shape is one build.
const shape = process.env.SHAPE
const root = dirname(dirname(import.meta.dirname))

/** @type {import('next').NextConfig} */
const config = {
  outputFileTracingRoot: root,
  turbopack: { root },
  // The limit below the middleware has another name in each version.
  experimental: { [root.endsWith('next15') ? 'middlewareClientMaxBodySize' : 'proxyClientMaxBodySize']: '20kb' },
  // The types are the same in each shape.
  typescript: { ignoreBuildErrors: shape !== 'app' },
  ...(shape === 'prefixed' && { basePath: '/base', trailingSlash: true }),
  ...(shape === 'pages' && {
    rewrites: async () => ({ beforeFiles: [{ source: '/:path*', destination: '/api/:path*' }] }),
  }),
}

export default config
