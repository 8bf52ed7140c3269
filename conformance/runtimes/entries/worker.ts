import { runPortable } from '../run-portable.ts'
import { answer, takeOrder } from '../staged-fetch.ts'

/** The application, and on sockets of their own what the test asks. */
export default { fetch: answer }
export const orders = { fetch: takeOrder }
export const portable = { fetch: async () => Response.json(await runPortable()) }
export const surroundings = { fetch: async () => Response.json({ hasNode: await hasNode() }) }

function hasNode(): Promise<boolean> {
  return import('node:crypto').then(
    () => true,
    () => false,
  )
}
