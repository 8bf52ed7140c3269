import { followOrders } from './stage.ts'

// `--import` loads this before the server's own program.
if (process.send !== undefined) followOrders()
