import { answer, takeOrder } from '../staged-hono.ts'

/** Serves the application, and takes the orders of the test on another socket. */
export default { fetch: answer }
export const orders = { fetch: takeOrder }
