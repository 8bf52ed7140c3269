import type { SetUp } from '../setup.ts'
import { expressRows, expressUrlRows } from './express.ts'
import { koaRows } from './koa.ts'
import { parserRows } from './parsers.ts'
import { relayRows } from './relays.ts'
import { runRealRows } from './row.ts'
import { serverRows } from './servers.ts'

/** Parsers, frameworks and relays that are packages of npm. */
export function listPackageSetUps(): Promise<readonly SetUp[]> {
  return runRealRows([...expressRows, ...expressUrlRows, ...koaRows, ...serverRows, ...parserRows, ...relayRows])
}
