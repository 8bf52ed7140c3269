import { followOrders } from './stage.ts'

// Loaded by `--import` before the server's own program.
if (process.send !== undefined) followOrders()
