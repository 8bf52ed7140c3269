import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Runs `npm run size`. Returns its table, and true if its budgets hold. */
export function measureSize() {
  const program = fileURLToPath(new URL('../../tools/size.mjs', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' })
  return { holds: status === 0, table: stdout.trimEnd(), problems: stderr.trimEnd() }
}
