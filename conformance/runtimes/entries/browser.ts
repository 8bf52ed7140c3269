import { runPortable } from '../run-portable.ts'

Object.assign(globalThis, { runPortable })
