import * as crypto from 'node:crypto'
import { useCrypto } from './node.ts'

// In Bun, each entry point imports this first: before 1.2.6 it had no `process.getBuiltinModule`.
useCrypto(crypto)
