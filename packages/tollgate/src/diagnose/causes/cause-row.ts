/** Whose words a fix may be in: frameworks, platforms and proxies. */
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

/** What users are told of one cause; the page "Why does validation fail?" is made of these rows. */
export interface CauseRow {
  readonly title: string
  /** What one sees. */
  readonly symptom: string
  /** How it comes about. */
  readonly reason: string
  /** What to do, in one line, whatever the framework. */
  readonly fix: string
  /** The same in the words of one framework, platform or proxy, where they differ. */
  readonly fixes?: Readonly<Partial<Record<Place, string>>>
}
