import { listMadeSetUps } from './made/index.ts'
import { listPackageSetUps } from './real/index.ts'
import { listProgramSetUps } from './real/programs.ts'
import { listProxySetUps } from './real/proxies.ts'
import type { SetUp } from './setup.ts'

/** Lists all set-ups. */
export async function listAllSetUps(): Promise<readonly SetUp[]> {
  const made = await listMadeSetUps()
  const packages = await listPackageSetUps()
  const programs = await listProgramSetUps()
  return [...made, ...packages, ...programs, ...(await listProxySetUps())]
}
