import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { History } from './judge.ts'

const ownFolder = fileURLToPath(new URL('../../.build/chaos', import.meta.url))
/** The attempts that are kept of a long run: about 10 MB. */
const maxAttempts = 50_000

/**
 * Keeps the history of a run in which something is wrong, so that `npm run chaos --workspace conformance -- --judge FILE`
 * can judge it again. The times of a run cannot be repeated, also not with its seed.
 * @param name the name of the file. An earlier file of this name is replaced.
 * @param problems what the judge said. The deliveries and attempts that it names are kept first,
 *   then the newest.
 * @returns the path of the file
 */
export function keepHistory(
  history: History,
  problems: readonly string[],
  name: string,
  { folder = ownFolder, most = maxAttempts } = {},
): string {
  const named = new Set(problems.join(' ').match(/delivery \d+|[a-z]+-\d+/g))
  const isNamed = ({ id, delivery }: History['attempts'][number]): boolean => named.has(id) || named.has(delivery)
  const [first, others] = [history.attempts.filter(isNamed), history.attempts.filter((one) => !isNamed(one))]
  const attempts = [...others.slice(Math.max(0, others.length + first.length - most)), ...first.slice(0, most)]
  const kept = new Set(attempts.map(({ id }) => id))
  const all: History = {
    ...history,
    attempts: attempts.sort((one, other) => one.endedAt - other.endedAt),
    arrivals: history.arrivals.filter(({ attempt }) => kept.has(attempt)),
  }
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${name}.json`)
  const replacer = (_name: string, value: unknown): unknown => (value instanceof Map ? [...value] : value)
  writeFileSync(file, JSON.stringify({ problems, ...all }, replacer))
  return file
}

/** Reads a history that `keepHistory` has written. */
export function readHistory(file: string): History {
  const { problems: _, processes, ...rest } = JSON.parse(readFileSync(file, 'utf8'))
  type Kept = Omit<History['processes'][number], 'metrics'> & { metrics?: [string, number][] }
  return {
    ...rest,
    processes: processes.map(({ metrics, ...process }: Kept) => ({
      ...process,
      ...(metrics && { metrics: new Map(metrics) }),
    })),
  }
}
