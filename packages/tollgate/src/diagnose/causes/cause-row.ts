/** The frameworks, platforms and proxies that may have their own fix. */
export type Place =
  | 'express'
  | 'fastify'
  | 'koa'
  | 'hono'
  | 'nest'
  | 'next'
  | 'lambda'
  | 'azure'
  | 'supabase'
  | 'netlify'
  | 'vercel'
  | 'firebase'
  | 'nginx'
  | 'apache'
  | 'caddy'
  | 'haproxy'
  | 'alb'
  | 'ngrok'
  | 'cloudflare'

/** One cause, as users read it. `npm run causes` writes the page "Why does validation fail?" from these rows. */
export interface CauseRow {
  readonly title: string
  /** What the user sees. */
  readonly symptom: string
  /** Why it happens. */
  readonly reason: string
  /** What to do, in one line, for every framework. */
  readonly fix: string
  /** The fix for one framework, platform or proxy, if it differs. */
  readonly fixes?: Readonly<Partial<Record<Place, string>>>
}
