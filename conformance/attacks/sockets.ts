import type { Framework } from '../adapter/framework.ts'
import type { Suite } from '../kit/suite.ts'
import { bodySocketSuite } from './sockets-body.ts'
import { hostileSuite } from './sockets-hostile.ts'
import { restSocketSuite } from './sockets-rest.ts'
import { urlSocketSuite } from './sockets-url.ts'

/** The attacks that a real server has to withstand, through an adapter. Each case begins with the class it belongs to. */
export function socketAttackSuites(framework: Framework): readonly Suite[] {
  return [urlSocketSuite(framework), bodySocketSuite(framework), restSocketSuite(framework), hostileSuite(framework)]
}
