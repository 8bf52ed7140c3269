import type { SetUp } from '../setup.ts'
import { makeBodySetUps } from './body.ts'
import { makeDirectSetUps } from './direct.ts'
import { directKeyRows } from './direct-keys.ts'
import { directParamsRows } from './direct-params.ts'
import { directTogetherRows } from './direct-together.ts'
import { directUrlRows } from './direct-url.ts'
import { makeKeySetUps } from './keys.ts'
import { makeParamsSetUps } from './params.ts'
import { makeSignatureSetUps } from './signature.ts'
import { makeTogetherSetUps } from './together.ts'
import { makeUrlSetUps } from './url.ts'

const groups = [makeUrlSetUps, makeParamsSetUps, makeBodySetUps, makeKeySetUps, makeSignatureSetUps, makeTogetherSetUps]

const directRows = [...directUrlRows, ...directParamsRows, ...directKeyRows, ...directTogetherRows]

/**
 * Lists the set-ups that rows describe. The tests of the library and the suites of the package
 * share them.
 */
export async function listMadeSetUps(): Promise<readonly SetUp[]> {
  const ofWebhooks = await Promise.all(groups.map((make) => make()))
  return [...ofWebhooks.flat(), ...makeDirectSetUps(directRows)]
}
