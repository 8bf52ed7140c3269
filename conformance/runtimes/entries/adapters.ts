import { adapterSuites } from '../../adapter/suite.ts'
import { socketAttackSuites } from '../../attacks/sockets.ts'
import { fetch } from '../../frameworks/fetch.ts'
import { node } from '../../frameworks/node.ts'
import { findProvider, versionOf } from '../here.ts'
import { runReported, type SuiteReport } from '../run-reported.ts'

const suites: Record<string, SuiteReport> = {}
for (const [name, framework] of Object.entries({ 'fetch adapter': fetch, 'node adapter': node }))
  suites[name] = await runReported(adapterSuites(framework, socketAttackSuites(framework)), framework.exceptions)
console.log(JSON.stringify({ version: versionOf(), provider: findProvider(), suites }))
