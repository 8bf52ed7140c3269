import type { Failure } from '../kit/suite.ts'

interface Noticed {
  readonly fault: string
  readonly failures: readonly Failure[]
}

/** Renders docs/broken-validators.md: each fault, and the cases that catch it. */
export function renderPage(
  rows: readonly (Noticed & { readonly kind: string; readonly noticedBy: readonly string[] })[],
): string {
  const lines = rows.map(({ kind, fault, failures, noticedBy }) => {
    const named = noticedBy.map(
      (start) => failures.find(({ name }) => name.startsWith(start))?.name ?? `none: ${start}`,
    )
    return `| ${kind} that ${fault} | ${named.map((name) => `\`${name}\``).join('<br>')} |`
  })
  return `# Broken validators

\`npm run broken\` writes this page. The conformance suites also run against validators and adapters with one deliberate
fault each, and must notice it. This proves that the suites can fail.

| fault | cases that notice it |
| --- | --- |
${lines.join('\n')}

A comparison that stops at the first difference answers correctly, so no case can notice it. \`npm run timing\` measures
it.
`
}
