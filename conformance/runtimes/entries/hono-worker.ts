import { answer, takeOrder } from '../staged-hono.ts'

/** The application, and on a socket of its own what the test asks. */
export default { fetch: answer }
export const orders = { fetch: takeOrder }
