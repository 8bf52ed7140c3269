import { guardOptions } from '../../routed/server.ts'
import { webApps } from '../../routed/web-apps.ts'

/** The applications that workerd can run, each with its guard and without. */
export const apps = Object.fromEntries(
  webApps
    .filter(({ name }) => name !== 'elysia 1.4')
    .map(({ name, make }) => [name, { guarded: make(guardOptions), bare: make(undefined) }] as const),
)
