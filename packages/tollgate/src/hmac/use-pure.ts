import { useProvider } from './chosen.ts'
import { createHmac, hashBytes } from './pure.ts'

// Outside Node.js, each entry point imports this first.
useProvider({ createHmac, hashBytes })

export { createHmac, hashBytes }
