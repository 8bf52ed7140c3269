import { dirname } from 'node:path'

// This is copied to .build/SHAPE of a project that has the node_modules. A build includes its
// routing, so each shape is one build.
const shape = process.env.SHAPE
const root = dirname(dirname(import.meta.dirname))
const is15 = root.endsWith('next15')

/** @type {import('next').NextConfig} */
const config = {
  outputFileTracingRoot: root,
  turbopack: { root },
  experimental: {
    // The limit below the middleware has another name in each version.
    [is15 ? 'middlewareClientMaxBodySize' : 'proxyClientMaxBodySize']: '20kb',
    // The application is small: more processes, and a cache for the next build, only take time.
    cpus: 1,
    ...(is15 ? { webpackBuildWorker: false } : { turbopackFileSystemCacheForBuild: false }),
  },
  // The types are the same in each shape.
  typescript: { ignoreBuildErrors: shape !== 'app' },
  ...(shape === 'prefixed' && { basePath: '/base', trailingSlash: true }),
  ...(shape === 'pages' && {
    rewrites: async () => ({ beforeFiles: [{ source: '/:path*', destination: '/api/:path*' }] }),
  }),
}

export default config
