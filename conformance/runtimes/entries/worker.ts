import { runPortable } from '../run-portable.ts'
import { answer, takeOrder } from '../staged-fetch.ts'

/** Serves the application, and takes the orders of the test on other sockets. */
export default { fetch: answer }
export const orders = { fetch: takeOrder }
export const portable = { fetch: async () => Response.json(await runPortable()) }
export const environmentOfWorker = { fetch: async () => Response.json({ hasNode: await hasNode() }) }

function hasNode(): Promise<boolean> {
  return import('node:crypto').then(
    () => true,
    () => false,
  )
}
