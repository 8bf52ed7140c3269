interface Count {
  readonly right: number
  readonly of: number
}

/** The score of a receiver, as `tollgate conform --json` prints it. */
export interface Score {
  readonly score: { readonly genuine: Count; readonly forged: Count }
  readonly cases: readonly { readonly id: string; readonly kind: string; readonly right: boolean }[]
}

interface Row {
  readonly name: string
  readonly check: string
  readonly score: Score
}

/** Writes docs/conform.md. */
export function renderPage(rows: readonly Row[]): string {
  return `# A score for any receiver

You have a server, in any language, and want to know how well it tells Twilio's webhooks from forged ones.
\`tollgate conform\` sends it requests of both kinds, and your server has only to answer 2xx or something else:

\`\`\`sh
export TWILIO_AUTH_TOKEN=…
npx @tollgate/cli conform --to http://127.0.0.1:5000/sms --public-url https://api.example.com/sms
\`\`\`

\`--to\` is where your server listens, and \`--public-url\` is the URL that it believes to have, which you leave out if both
are the same. Use a server for tests and a token for tests, because your server handles each genuine request. The
command lists the genuine requests that were refused, then the forged ones that were accepted, and exits with 1 if there
are any. A connection that is closed without an answer counts as refused. \`--json\` prints each case with its source, or
with the class of [attack](attacks.md).

If you want to use the cases in a program of your own, they are data: [\`cases.json\`](../packages/cli/conform/README.md).

## Scores

\`npx vitest run --project heavy conformance/heavy/receivers.test.ts --update\` writes this table. It starts each [receiver](../conformance/receivers), sends all cases, and then sends
them again through \`tollgate gateway\`.

| receiver | check | genuine accepted | forged refused | refused or accepted wrongly |
|---|---|---|---|---|
${rows.map(renderRow).join('\n')}
`
}

function renderRow({ name, check, score: { score, cases } }: Row): string {
  const wrong = cases.filter(({ right }) => !right).map(({ id }) => id)
  const share = ({ right, of }: Count): string => `${right} of ${of}`
  return `| ${name} | ${check} | ${share(score.genuine)} | ${share(score.forged)} | ${wrong.join(', ') || 'none'} |`
}
