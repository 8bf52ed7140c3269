import { pickOptions } from 'tollgate/internal'
import { sampleWebhook } from 'tollgate/testing'
import {
  type At,
  type Next,
  readAttribute,
  readTarget,
  readText,
  redirect,
  runDocument,
  toStep,
  type VerbRow,
} from './at.ts'
import { type CallerOptions, callerOptions, joinPath, Log, readAllowed, readMethod, type Walked } from './call.ts'
import { CookieJar } from './cookies.ts'
import { Inbox } from './inbox.ts'
import { describeAddresses, makeSid, sampleAccountSid } from './params.ts'
import { listChildren } from './read-twiml.ts'
import { type Leg, type Pairs, type Transport, Walk } from './walk.ts'

/** Options of a conversation. Unknown properties are a `TypeError`. */
export interface ConversationOptions extends CallerOptions {
  /** The status that the status callbacks of the replies have: `'delivered'` or `'undelivered'`. Default `'delivered'`. */
  delivery?: 'delivered' | 'undelivered' | undefined
}

/** The options that only conversations have. */
export const conversationOptions = {
  delivery: { type: 'choice', choices: ['delivered', 'undelivered'], default: 'delivered' },
} as const

/** A conversation of messages. */
export interface Conversation extends Walked {
  /** The texts of all replies, in order. */
  readonly replies: readonly string[]
  /**
   * Sends a message, and resolves when all replies have arrived.
   * @param body The text.
   * @param mediaUrls The URLs of pictures and other media. Default: none.
   */
  send(body: string, mediaUrls?: readonly string[]): Promise<void>
}

// https://www.twilio.com/docs/api/errors/14109 and /14106
const mostReplies = 10
const mostDocuments = 50

/**
 * Writes to an application through a transport.
 *
 * @param origin The public URL of the application without a slash at the end.
 * @param transport Signs and sends the requests.
 * @param given Who writes, and to which webhook.
 * @throws TypeError or RangeError that names the option, if one is out of range.
 */
export function startConversation(origin: string, transport: Transport, given: ConversationOptions): Conversation {
  const options = pickOptions(given, { ...callerOptions, ...conversationOptions })
  const url = joinPath(origin, options.path ?? '/sms', 'path')
  const fallback = options.fallback === undefined ? undefined : joinPath(origin, options.fallback, 'fallback')
  const method = readMethod(options.method)
  const log = new Log(options.onEvent)
  // Twilio keeps the cookies between the messages of two numbers.
  const jar = new CookieJar(Date.now)
  const allow = readAllowed(options.allow)
  const createWalk = (): Walk =>
    new Walk(
      {
        transport,
        inbox: new Inbox(),
        onEvent: (event) => log.add(event),
        now: Date.now,
        maxRequests: mostDocuments + 4 * mostReplies,
        fallback,
        emptyDigits: 'absent',
        actionAfterHangUp: false,
        allow,
      },
      jar,
    )
  return {
    events: log.events,
    requests: log.requests,
    findings: log.findings,
    notes: log.notes,
    replies: log.heard,
    async send(body, mediaUrls = []) {
      const walk = createWalk()
      const leg: Leg = { params: makeParams(options, body, mediaUrls), use: 'message', hungUp: false }
      let sent = 0
      const verbs: Readonly<Record<string, VerbRow>> = {
        Message: { run: (at) => (sent++ < mostReplies ? reply(at, options.delivery) : undefined) },
        Redirect: redirect,
      }
      const first = { reason: 'message', url, method, params: [] }
      await walk.run(leg, first, (document) => runDocument(walk, leg, document, verbs))
      for (const finish of walk.later) await finish()
    },
  }
}

interface Writer {
  readonly from: string
  readonly to: string
  readonly accountSid: string | undefined
  readonly params: Readonly<Record<string, string>> | undefined
}

type Texts = Readonly<Record<string, string>>

/** Twilio sends MessagingServiceSid only if the number belongs to a service. */
function readSample(kind: 'message.inbound' | 'message.status'): Texts {
  const { MessagingServiceSid: _, ...params } = Object.fromEntries(sampleWebhook(kind).params ?? [])
  return params
}

function makeParams(
  { from, to, accountSid = sampleAccountSid, params }: Writer,
  body: string,
  mediaUrls: readonly string[],
): Record<string, string> {
  const sid = makeSid(mediaUrls.length === 0 ? 'SM' : 'MM')
  const media = mediaUrls.flatMap((url, index): [string, string][] => [
    [`MediaUrl${index}`, url],
    [`MediaContentType${index}`, 'image/jpeg'],
  ])
  return {
    ...describeAddresses({
      ...readSample('message.inbound'),
      ...{ SmsMessageSid: sid, SmsSid: sid, MessageSid: sid, AccountSid: accountSid },
      ...{ From: from, To: to, Body: body, NumMedia: String(mediaUrls.length) },
    }),
    ...Object.fromEntries(media),
    ...params,
  }
}

/** Sends a reply: its action is requested at once, its statuses follow. */
async function reply(at: At, delivery: 'delivered' | 'undelivered'): Promise<Next> {
  const { walk, leg, verb } = at
  const bodies = listChildren(verb).filter(({ name }) => name === 'Body')
  const media = listChildren(verb)
    .filter(({ name }) => name === 'Media')
    .map((one) => `[media ${readText(one)}]`)
  const words =
    bodies.length > 0
      ? bodies.map(readText)
      : [
          verb.children
            .filter((child) => typeof child === 'string')
            .join(' ')
            .trim(),
        ]
  walk.hear([...words, ...media].filter((text) => text !== '').join(' '))
  const action = readTarget(at, 'action', 'method')
  if (action === 'failed') return 'failed'
  const statusCallback = readTarget(at, 'statusCallback', 'method')
  const { AccountSid = '', From = '', To = '' } = leg.params
  const sid = makeSid('SM')
  const { RawDlrDoneDate: _, ...sample } = readSample('message.status')
  const describe = (status: string, more: Texts = {}): Pairs =>
    Object.entries({
      ...sample,
      ...{ SmsSid: sid, MessageSid: sid, AccountSid, SmsStatus: status, MessageStatus: status },
      ...{ To: readAttribute(verb, 'to') ?? From, From: readAttribute(verb, 'from') ?? To, ...more },
    })
  // https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
  const statuses = [describe('sent'), describe(delivery, delivery === 'undelivered' ? { ErrorCode: '30003' } : {})]
  const targets = [statusCallback, action].filter((target) => typeof target === 'object')
  for (const { reason, url, method } of new Map(targets.map((target) => [target.url, target])).values())
    for (const params of statuses) walk.later.push(() => walk.callBack(reason, url, method, params, leg))
  if (action === undefined) return undefined
  return { ...toStep(action, describe('queued')), isWhole: true }
}
