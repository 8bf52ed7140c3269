import type { Failure } from '../kit/suite.ts'

export interface Noticed {
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

A suite that cannot fail proves nothing. So the conformance suites also run against validators and adapters with one deliberate
fault each, and have to notice. Written by \`npm run broken\` from what the suites find.

| what is broken | which cases catch it |
| --- | --- |
${lines.join('\n')}

A comparison that stops at the first difference answers correctly, so no case can notice it: \`npm run timing\` measures that.
`
}
