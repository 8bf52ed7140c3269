import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The table of `npm run size`, and whether its budgets hold. */
export function measureSize() {
  const program = fileURLToPath(new URL('../../tools/size.mjs', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' })
  return { holds: status === 0, table: stdout.trimEnd(), problems: stderr.trimEnd() }
}
