import type { Accepted } from 'tollgate'
import { splitUrl, toIncoming } from 'tollgate/internal'
import { asUsage } from '../exit.ts'
import { inputFlags, readRequest } from '../inputs/index.ts'
import { hideQuery } from '../io.ts'
import { toVerifierOptions } from '../public-url.ts'
import { reportVerdict } from '../report-verdict.ts'
import { findSigner, hasKey, keyFlags, otherSchemes } from '../schemes/keys.ts'
import { readSecrets, readSecretsIfAny, requireSecrets, secretFlags } from '../secrets.ts'
import { verifierFlags } from '../verifier-options.ts'
import { type Command, takeNothing } from './command.ts'

export const command: Command = {
  words: '[FILE|-]',
  flags: {
    ...inputFlags,
    ...verifierFlags,
    ...keyFlags,
    json: takeNothing('Print one JSON document'),
    ...secretFlags,
  },
  examples: [
    ['tollgate verify --url https://example.com/sms --param From=+15551230001 --signature …', 'from flags'],
    ['pbpaste | tollgate verify', 'a copied curl command, raw request, HAR file or JSON'],
    ['tollgate verify --har session.har --entry 3', 'one entry of a HAR file'],
    ['tollgate verify --raw request.txt --public-url https://example.com', 'as the server saw it'],
    ...otherSchemes.map(({ title, keys }): [string, string] => [
      `tollgate verify --raw request.txt --${keys.flag}-file key.pem`,
      `a webhook of ${title}`,
    ]),
  ],
  async run(args, io) {
    const secrets = hasKey(args, io) ? await readSecretsIfAny(args, io) : await readSecrets(args, io)
    const given = await readRequest(args, io)
    const scheme = findSigner(given, args)
    if (scheme !== undefined) return await (await import('../schemes/check.ts')).verifyOther(scheme, given, args, io)
    const { options, publicUrl } = toVerifierOptions(args, io, given, requireSecrets(secrets))
    const request = toIncoming(given)
    const { createVerifier } = await import('tollgate')
    const verdict = await asUsage(() => createVerifier(options), secrets.names).verify(request)
    const asGiven = `${publicUrl}${request.url}`
    return reportVerdict<Accepted>(verdict, (accepted) => describeAccepted(accepted, asGiven), args, io)
  },
}

const coverage: Readonly<Record<Accepted['covers'], string>> = {
  params: 'the URL and every form parameter',
  body: 'the URL and every byte of the body (bodySHA256)',
  url: 'the URL only',
}

function describeAccepted({ handshake, covers, accountSid, matched }: Accepted, asGiven: string) {
  const { key, algorithm } = matched
  const [url, urlForm] = [hideQuery(matched.url), describeForm(matched.url, asGiven)]
  const rows: [string, string][] = [
    ['covers', coverage[covers]],
    ['account', accountSid ?? 'none is proven'],
    ['key', key.kind === 'shared_key' ? `SharedKey ${key.id}` : `Auth Token ${key.index + 1}`],
    ['algorithm', algorithm],
    ['signed URL', url],
    ['URL form', urlForm],
  ]
  return { json: { handshake, covers, accountSid: accountSid ?? null, key, algorithm, url, urlForm }, rows }
}

function describeForm(signed: string, asGiven: string): string {
  if (signed === asGiven) return 'as given'
  const [one, other] = [splitUrl(signed), splitUrl(asGiven)]
  const differs: [string, boolean][] = [
    [`with the scheme ${one?.scheme}`, one?.scheme !== other?.scheme],
    [/:\d+$/.test(one?.authority ?? '') ? 'with the port' : 'without the port', one?.authority !== other?.authority],
    ['with a different last slash or query encoding', one?.target !== other?.target],
  ]
  return differs.flatMap(([what, is]) => (is ? [what] : [])).join(', ')
}
