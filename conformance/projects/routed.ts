import { origin, token } from '../kit/draft.ts'
import type { Ran } from '../routed/routes.ts'

/** The options of the guard in an application that the generator of conformance/routed attacks. */
export const routedOptions = { publicUrl: origin, authToken: token }

/** True in a server that the generator attacks. */
export const isRouted = process.env.ROUTED !== undefined

/** True if that server has its guard. The generator also needs it without. */
export const isGuarded = process.env.ROUTED === 'guarded'

type Handler = (...args: never[]) => unknown

/**
 * Makes an endpoint whose handler answers which route ran, and what it could read of the address.
 */
export function makeRouted(
  wrap: (options: typeof routedOptions, handler: (webhook: unknown, ...args: never[]) => unknown) => Handler,
  read: (...args: never[]) => Ran | Promise<Ran>,
): Handler {
  const answer = async (...args: never[]): Promise<Response> => Response.json(await read(...args))
  return isGuarded ? wrap(routedOptions, (_webhook, ...args) => answer(...args)) : answer
}
