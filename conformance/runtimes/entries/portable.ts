import { findProvider, versionOf } from '../here.ts'
import { runPortable } from '../run-portable.ts'

console.log(JSON.stringify({ version: versionOf(), provider: findProvider(), suites: await runPortable() }))
