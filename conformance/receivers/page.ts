interface Count {
  readonly right: number
  readonly of: number
}

/** The score of a receiver, as `tollgate conform --json` prints it. */
export interface Score {
  readonly score: { readonly genuine: Count; readonly forged: Count }
  readonly faults: readonly { readonly title: string; readonly cases: readonly string[] }[]
  readonly cases: readonly { readonly id: string; readonly kind: string; readonly outcome: string }[]
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
npx @tollgate/cli conform --to http://127.0.0.1:5000/sms --public-url https://api.example.com
\`\`\`

\`--to\` is where your server listens, and \`--public-url\` is the public address in front of it, to which the path of \`--to\`
is added. Leave it out if the server believes to be at \`--to\`. Use a server for tests and a token for tests, because your
server handles each genuine request.

The command groups what went wrong by its cause, such as "Parameters are not sorted by name", with the line of Twilio's
page that says otherwise, and exits with 1 if there is anything. A connection that is closed without an answer counts as
refused. \`--json\` prints each case with its source, or with the class of [attack](attacks.md).

Three kinds of cases do not count:

- **Limits of the scheme.** The signature covers neither the method nor a body that is no form, and has no delimiters, so
  a correct check accepts five of the forged requests. A gateway, or \`checkParams\` of Tollgate, can refuse them.
- **A method without a route.** A server that answers a GET with 404 or 405 is not judged by it.
- **Cases that you name** with \`--accept ID\`, for example \`--accept port\` if your URL never has a port.

The cases are data too: [\`cases.json\`](../packages/cli/conform/README.md).

## Scores

\`npx vitest run --project heavy conformance/heavy/receivers.test.ts --update\` writes this table. It starts each [receiver](../conformance/receivers), sends all cases, and then sends
them again through \`tollgate gateway\`.

| receiver | check | genuine accepted | forged refused | limits refused | faults, and the cases that show them |
|---|---|---|---|---|---|
${rows.map(renderRow).join('\n')}

Next: [the attacks](attacks.md), or [a signature that does not match](why-does-validation-fail.md).
`
}

export function renderRow({ name, check, score: { score, faults, cases } }: Row): string {
  const share = ({ right, of }: Count): string => `${right} of ${of}`
  const limits = cases.filter(({ kind }) => kind === 'limit')
  const right = limits.filter(({ outcome }) => outcome === 'right').length
  const causes = faults.map(({ title, cases: ids }) => `${title}: ${ids.join(', ')}`)
  const cells = [
    share(score.genuine),
    share(score.forged),
    share({ right, of: limits.length }),
    causes.join('<br>') || 'none',
  ]
  return `| ${name} | ${check} | ${cells.join(' | ')} |`
}
