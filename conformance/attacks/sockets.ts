import type { Framework } from '../adapter/framework.ts'
import type { Suite } from '../kit/suite.ts'
import { bodySocketSuite } from './sockets-body.ts'
import { restSocketSuite } from './sockets-rest.ts'
import { urlSocketSuite } from './sockets-url.ts'

/** Lists the attacks that need a real server. The name of a case starts with its classes. */
export function socketAttackSuites(framework: Framework): readonly Suite[] {
  return [urlSocketSuite(framework), bodySocketSuite(framework), restSocketSuite(framework)]
}
