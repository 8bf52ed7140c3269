import { type SignRequestInput, sampleWebhook, webhookKinds } from 'tollgate/testing'
import type { Args } from '../args.ts'
import { type Flags, takeList, takeText } from '../commands/command.ts'
import { asUsage, UsageError } from '../exit.ts'
import { parseHeaders } from '../inputs/flags.ts'
import type { Io } from '../io.ts'
import { didYouMean } from '../nearest.ts'
import { decodeText, readBytes } from '../read-text.ts'

export const contentFlags: Flags = {
  set: takeList('NAME=VALUE', "Replace or add one of the sample's parameters; repeatable"),
  param: takeList('NAME=VALUE', 'A form parameter, instead of a sample; repeatable'),
  form: takeText('FILE|-', 'A form body (a=1&b=2), sent unchanged'),
  'json-body': takeText('FILE|-', 'A JSON body, sent unchanged and bound by bodySHA256'),
  body: takeText('FILE|-', 'Any other body; see --content-type'),
  'content-type': takeText('TYPE', 'The content type of --body'),
  method: takeText('METHOD', 'GET or POST; default: POST with a body, GET without'),
  header: takeList("'NAME: VALUE'", "A header in addition to Twilio's; repeatable"),
}

type Content = Omit<SignRequestInput, 'url' | 'authToken' | 'sharedKey'>

const ownContent = ['param', 'form', 'json-body', 'body'] as const

/**
 * Reads the content to sign, from the flags or from the sample of a kind.
 * @throws UsageError if both are given, or the kind is unknown
 */
export async function readContent(args: Args, io: Io, kind: string | undefined): Promise<Content> {
  const own = args.only(ownContent)
  if (kind !== undefined && own !== undefined)
    throw new UsageError(`--${own} replaces the sample: leave out the kind, or change the sample with --set.`)
  if (kind === undefined && args.has('set')) throw new UsageError('--set changes a sample: name the kind of webhook.')
  if (args.has('content-type') && own !== 'body') throw new UsageError('--content-type needs --body.')
  const method = args.text('method')
  const headers = Object.fromEntries(parseHeaders(args.list('header')))
  return {
    ...(kind === undefined ? await readOwnContent(args, io, own) : readSample(kind, args)),
    ...(method !== undefined && { method }),
    headers,
  }
}

function readSample(word: string, args: Args): Content {
  const kind = webhookKinds.find((each) => each === word)
  if (kind === undefined) {
    // Text that does not look like a kind may be a secret in the wrong place.
    const shown = /^[a-z]+([.-][a-z]+){0,3}$/i.test(word) && word.length <= 40 ? ` "${word}"` : ''
    const hint = didYouMean(word, webhookKinds) || ' tollgate send --list prints the kinds.'
    throw new UsageError(`There is no kind of webhook${shown}.${hint}`)
  }
  return asUsage(() => sampleWebhook(kind, Object.fromEntries(args.pairs('set'))))
}

async function readOwnContent(args: Args, io: Io, own: string | undefined): Promise<Content> {
  if (own === undefined) return {}
  if (own === 'param') return { params: args.pairs('param') }
  const bytes = await readBytes(io, args.text(own) ?? '', `--${own}`)
  if (own === 'body') return { body: bytes, contentType: args.text('content-type') }
  const text = decodeText(bytes, `--${own}`)
  // Editors end a file with a line break, which a form never has.
  if (own === 'form') return { body: text.replace(/\r?\n$/, ''), contentType: 'application/x-www-form-urlencoded' }
  try {
    JSON.parse(text)
  } catch {
    throw new UsageError('--json-body: the input is not JSON.')
  }
  return { body: text, contentType: 'application/json' }
}
