import type { SetUp } from '../setup.ts'
import { makeBodySetUps } from './body.ts'
import { makeKeySetUps } from './keys.ts'
import { makeParamsSetUps } from './params.ts'
import { makeSignatureSetUps } from './signature.ts'
import { makeTogetherSetUps } from './together.ts'
import { makeUrlSetUps } from './url.ts'

const groups = [makeUrlSetUps, makeParamsSetUps, makeBodySetUps, makeKeySetUps, makeSignatureSetUps, makeTogetherSetUps]

export async function listMadeSetUps(): Promise<readonly SetUp[]> {
  return (await Promise.all(groups.map((make) => make()))).flat()
}
