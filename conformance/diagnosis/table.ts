import { showExpected } from './arrive.ts'
import type { Judged } from './judge.ts'
import type { SetUp } from './setup.ts'

export const leastShare = 0.97
export const mostMs = 150

/** Returns a table with one line for each set-up. */
export function makeTable(judged: readonly Judged[]): string {
  const head = ['', 'set-up', 'origin', 'webhook', 'expected', 'found', 'tries', 'ms']
  const lines = judged.map(({ setUp, found, isProven, isRight, tried, ms }) => [
    isRight ? ' ' : 'x',
    setUp.name,
    setUp.origin,
    setUp.webhook,
    showExpected(setUp.expected),
    `${found.join(' + ') || 'nothing'}${isProven || found.length === 0 ? '' : ' ?'}`,
    String(tried),
    ms.toFixed(1),
  ])
  const widths = head.map((title, at) => Math.max(title.length, ...lines.map((line) => line[at]?.length ?? 0)))
  return [head, ...lines]
    .map((line) => line.map((cell, at) => (at > 5 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0))))
    .map((cells) => cells.join('  ').trimEnd())
    .join('\n')
}

interface Totals {
  readonly count: number
  readonly real: number
  readonly webhooks: number
  readonly right: number
  readonly share: number
  readonly slowest: Judged | undefined
  readonly leaks: readonly string[]
}

export function count(judged: readonly Judged[]): Totals {
  const right = judged.filter(({ isRight }) => isRight).length
  return {
    count: judged.length,
    real: judged.filter(({ setUp }) => isReal(setUp)).length,
    webhooks: new Set(judged.map(({ setUp }) => setUp.webhook)).size,
    right,
    share: judged.length === 0 ? 0 : right / judged.length,
    slowest: judged.reduce<Judged | undefined>((slow, one) => (slow && slow.ms >= one.ms ? slow : one), undefined),
    leaks: judged.flatMap(({ setUp, leaks }) => (leaks.length > 0 ? [setUp.name] : [])),
  }
}

export function isReal({ origin }: SetUp): boolean {
  return origin !== 'made'
}

export function showShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
