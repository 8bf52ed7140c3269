import { type SignedRequest, signRequest, webhookKinds } from 'tollgate/testing'
import { asUsage, EXIT, UsageError } from '../exit.ts'
import { print, printJson } from '../io.ts'
import { findByKind, nameSigningFlag, otherKinds, otherSchemes, signingFlags } from '../schemes/keys.ts'
import { readSecrets, secretFlags, signingKey } from '../secrets.ts'
import { contentFlags, readContent } from '../sending/content.ts'
import type { Command } from './command.ts'

export const command: Command = {
  words: '',
  flags: {
    url: { type: 'text', value: 'URL', describe: 'The URL, exactly as configured at Twilio' },
    kind: {
      type: 'text',
      value: 'KIND',
      describe: 'Sign a sample of this kind of webhook; see tollgate send --list',
      choices: [...webhookKinds, ...otherKinds],
    },
    ...contentFlags,
    only: { type: 'text', describe: 'Print only this part', choices: ['headers', 'curl'] },
    json: { type: 'switch', describe: 'Print one JSON document' },
    ...signingFlags,
    ...secretFlags,
  },
  examples: [
    ['tollgate sign --url https://example.com/sms --param From=+15551230001 --param Body=Hi', 'a form'],
    ['tollgate sign --url https://example.com/events --json-body event.json', 'JSON, bound by bodySHA256'],
    ['tollgate sign --url https://example.com/sms --kind message.inbound --only curl | sh', 'sign and deliver'],
    ...otherSchemes.map((scheme): [string, string] => [
      `tollgate sign --url https://example.com/events --kind ${scheme.kinds[0]} --${nameSigningFlag(scheme)} key.pem`,
      `as ${scheme.title}`,
    ]),
  ],
  async run(args, io) {
    const url = args.text('url')
    if (url === undefined) throw new UsageError('--url is missing: the URL, exactly as configured at Twilio.')
    const scheme = findByKind(args.text('kind'))
    if (scheme !== undefined) return await (await import('../schemes/sign.ts')).printSigned(scheme, url, args, io)
    const only = args.choice('only', ['headers', 'curl'])
    const content = await readContent(args, io, args.text('kind'))
    const secrets = await readSecrets(args, io)
    const signed = asUsage(() => signRequest({ ...content, ...signingKey(secrets), url }), secrets.names)
    if (args.has('json')) printJson(io, toJson(signed))
    else print(io, formatSigned(signed, only))
    return EXIT.ok
  },
}

function toJson(signed: SignedRequest): object {
  const { method, url, headers, body } = signed
  return { method, url, headers, ...(body !== undefined && { body }), curl: asUsage(() => signed.toCurl()) }
}

function formatSigned(signed: SignedRequest, only: 'headers' | 'curl' | undefined): string {
  const headers = Object.entries(signed.headers).map(([name, value]) => `${name}: ${value}`)
  if (only === 'headers') return headers.join('\n')
  const curl = asUsage(() => signed.toCurl())
  return only === 'curl' ? curl : [`${signed.method} ${signed.url}`, ...headers, '', curl].join('\n')
}
