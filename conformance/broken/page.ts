import type { Failure } from '../kit/suite.ts'

interface Noticed {
  readonly fault: string
  readonly failures: readonly Failure[]
}

/** Renders docs/broken-validators.md: each fault, and a case that catches it. */
export function renderPage(
  rows: readonly (Noticed & { readonly kind: string; readonly noticedBy: readonly string[] })[],
): string {
  const lines = rows.map(({ kind, fault, failures, noticedBy }) => {
    const [start = ''] = noticedBy
    const name = failures.find((failure) => failure.name.startsWith(start))?.name ?? `none: ${start}`
    return `| ${kind} that ${fault} | \`${name}\` |`
  })
  return `# Broken validators

\`npx vitest run --project heavy conformance/heavy/broken.test.ts --update\` writes this page. A suite that never fails proves nothing, so we also run the conformance suites against
validators and adapters that have one deliberate fault each, such as people make when they write the check by hand. Each
fault must be noticed, and the table names a case that notices it.

| fault | a case that notices it |
| --- | --- |
${lines.join('\n')}

One fault is not in the table: a comparison that stops at the first difference. It answers correctly, so no case can
notice it, and \`npm run timing\` measures the time instead.
`
}
