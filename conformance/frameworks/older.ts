import type { Framework } from '../adapter/framework.ts'

/** True for a framework whose next major version runs the same suite in `runs/`. */
export function isOlder({ name }: Framework): boolean {
  return /^(express 4|h3 1)\b/.test(name)
}
