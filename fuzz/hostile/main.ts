import { createRandom, type Random } from '../../conformance/kit/random.ts'
import { type Entry, entries } from './entries.ts'
import { compareBest, measure } from './measure.ts'
import { planted } from './planted.ts'
import { changeRecipe, makeRecipe, type Recipe } from './recipes.ts'
import { makeHostile, type RawRequest } from './requests.ts'

interface Rated {
  readonly ratio: number
  readonly recipe: Recipe
}

const fewest = 4

/**
 * Sends hostile requests into one entry for some seconds of CPU, and returns the one that costs
 * most.
 */
async function attack(entry: Entry, random: Random, seconds: number): Promise<Rated & { inputs: number }> {
  const findCost = createCosts(entry)
  const end = cpuSeconds() + seconds
  let worst: readonly Rated[] = []
  let inputs = 0
  while (inputs < fewest || cpuSeconds() < end) {
    const recipe =
      worst.length > 0 && random.oneIn(2) ? changeRecipe(random.pick(worst).recipe, random) : makeRecipe(random)
    // The parent shows this line if the process does not reach the end.
    console.log(JSON.stringify({ name: entry.name, recipe }))
    const request = makeHostile(recipe, entry.headers)
    const hostile = entry.prepare(request)
    const like = entry.ordinary(request, entry.headers)
    let ratio = (await measure(hostile, 1)) / (await findCost(like))
    // One run is noisy, and often the first of its kind. A suspect is measured again, and longer
    // before it is a finding.
    const ordinary = entry.prepare(like)
    if (ratio > entry.bound / 2) ratio = await compareBest(hostile, ordinary, 2000)
    if (ratio > entry.bound) ratio = await compareBest(hostile, ordinary, 50_000)
    worst = [...worst, { ratio, recipe }].sort((one, other) => other.ratio - one.ratio).slice(0, 8)
    inputs++
    if (ratio > entry.bound) break
  }
  return { inputs, ...(worst[0] as Rated) }
}

/**
 * Returns a function that measures ordinary requests, one of each size: sizes that differ by a
 * fifth count as one.
 */
function createCosts(entry: Entry): (like: RawRequest) => Promise<number> {
  const costs = new Map<string, number>()
  return async (like) => {
    const sizes = [like.target, like.headers.cookie, like.body].map((part) =>
      Math.round(Math.log2(part?.length || 1) * 4),
    )
    const key = `${like.method} ${sizes}`
    const cost = costs.get(key) ?? (await measure(entry.prepare(like), 1000))
    costs.set(key, cost)
    return cost
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

async function main([seconds = '', seed = '', names = '']: readonly string[]): Promise<void> {
  const random = createRandom(Number(seed))
  const chosen = names === planted.name ? [planted] : entries
  const shares = chosen.reduce((sum, { share = 1 }) => sum + share, 0)
  for (const entry of chosen) {
    const worst = await attack(entry, random, (Number(seconds) * (entry.share ?? 1)) / shares)
    console.log(JSON.stringify({ name: entry.name, bound: entry.bound, ...worst }))
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
