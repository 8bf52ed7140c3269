import { signRequest, webhookKinds } from 'tollgate/testing'
import { asUsage, UsageError } from '../exit.ts'
import { findByKind, nameSigningFlag, otherKinds, otherSchemes, signingFlags } from '../schemes/keys.ts'
import { readSecrets, secretFlags, signingKey } from '../secrets.ts'
import { contentFlags, readContent } from '../sending/content.ts'
import { printSigned } from '../sending/print-signed.ts'
import { type Command, takeChoice, takeNothing, takeText } from './command.ts'

export const command: Command = {
  words: '',
  flags: {
    url: takeText('URL', 'The URL, exactly as configured at Twilio'),
    kind: {
      type: 'text',
      value: 'KIND',
      describe: 'Sign a sample of this kind of webhook; see tollgate send --list',
      choices: [...webhookKinds, ...otherKinds],
    },
    ...contentFlags,
    only: takeChoice(['headers', 'curl'], 'Print only this part'),
    json: takeNothing('Print one JSON document'),
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
    if (scheme !== undefined) return await (await import('../schemes/sign.ts')).signOther(scheme, url, args, io)
    const content = await readContent(args, io, args.text('kind'))
    const secrets = await readSecrets(args, io)
    const signed = asUsage(() => signRequest({ ...content, ...signingKey(secrets), url }), secrets.names)
    const { method, headers, body } = signed
    const curl = asUsage(() => signed.toCurl())
    return printSigned({ method, url: signed.url, headers, ...(body !== undefined && { body }), curl }, args, io)
  },
}
