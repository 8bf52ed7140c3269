import { loadProvider, versionOf } from '../here.ts'
import { runPortable } from '../run-portable.ts'

console.log(JSON.stringify({ version: versionOf(), provider: await loadProvider(), suites: await runPortable() }))
