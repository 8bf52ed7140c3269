import { readOptions } from '../../checks/options.ts'
import { messagingSamples } from '../../schemes/twilio/webhooks/messaging.sample.ts'
import { sampleAccountSid } from '../../schemes/twilio/webhooks/row.ts'
import {
  type At,
  type Next,
  readAttribute,
  readTarget,
  readText,
  resolveTarget,
  runDocument,
  toStep,
  type VerbRow,
} from './at.ts'
import { joinPath, Log, readMethod, type Walked } from './call.ts'
import { CookieJar } from './cookies.ts'
import { Inbox } from './inbox.ts'
import { listChildren } from './read-twiml.ts'
import { type CallEvent, type Leg, makeSid, type Pairs, type Transport, Walk } from './walk.ts'

/** Options of `messageScenario`. Unknown properties are a `TypeError`. */
export interface ConversationOptions {
  /** The path of the webhook, with a slash at the beginning. It may have a query. Default `'/sms'`. */
  path?: string | undefined
  /** The method of the webhook, as Twilio is configured: GET or POST. Default `'POST'`. */
  method?: string | undefined
  /** The number of the phone, in E.164, or an address such as `whatsapp:+1…`. Default `'+14155550142'`. */
  from?: string | undefined
  /** The number that is written to. Default `'+12025550123'`. */
  to?: string | undefined
  /** The account of the messages: `AC` and 32 hex digits. Default: that of the sample webhooks. */
  accountSid?: string | undefined
  /** Parameters that are added to each webhook. Default: none. */
  params?: Readonly<Record<string, string>> | undefined
  /** The path of the number's fallback URL, which is requested after an error. Default: none. */
  fallback?: string | undefined
  /** The status that the status callbacks of the replies have: `'delivered'` or `'undelivered'`. Default `'delivered'`. */
  delivery?: 'delivered' | 'undelivered' | undefined
  /** Is called with each event, as it happens. Default: none. */
  onEvent?: ((event: CallEvent) => void) | undefined
}

/** The options of `messageScenario`. */
export const conversationOptions = {
  path: { type: 'string', default: '/sms' },
  method: { type: 'string', default: 'POST' },
  from: { type: 'string', default: '+14155550142' },
  to: { type: 'string', default: '+12025550123' },
  accountSid: { type: 'string' },
  params: { type: 'record' },
  fallback: { type: 'string' },
  delivery: { type: 'choice', choices: ['delivered', 'undelivered'], default: 'delivered' },
  onEvent: { type: 'function' },
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
 * @throws TypeError or RangeError that names the option, if one is unknown or out of range.
 */
export function startConversation(origin: string, transport: Transport, given: ConversationOptions): Conversation {
  const options = readOptions(given, conversationOptions, 'messageScenario')
  const url = joinPath(origin, options.path, 'path')
  const fallback = options.fallback === undefined ? undefined : joinPath(origin, options.fallback, 'fallback')
  const method = readMethod(options.method)
  const log = new Log(options.onEvent)
  // Twilio keeps the cookies between the messages of two numbers.
  const jar = new CookieJar()
  const createWalk = (): Walk =>
    new Walk(
      {
        transport,
        inbox: new Inbox(),
        onEvent: (event) => log.add(event),
        now: Date.now,
        maxRequests: mostDocuments + 4 * mostReplies,
        fallback: fallback === undefined ? undefined : { url: fallback, method: 'POST' },
        emptyDigits: 'absent',
        actionAfterHangUp: false,
      },
      jar,
    )
  return {
    requests: log.requests,
    findings: log.findings,
    notes: log.notes,
    replies: log.heard,
    async send(body, mediaUrls = []) {
      const walk = createWalk()
      const leg: Leg = { params: makeParams(options, body, mediaUrls), use: 'message', hungUp: false }
      let sent = 0
      const verbs: Readonly<Record<string, VerbRow>> = {
        Message: {
          attributes: 'to from action method statusCallback',
          run: (at) => (sent++ < mostReplies ? reply(at, options.delivery) : undefined),
        },
        Redirect: {
          attributes: 'method',
          run(at) {
            const target = resolveTarget(at, readText(at.verb), '', 'method')
            return target === 'failed' ? 'failed' : toStep(target, [])
          },
        },
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
  const { MessagingServiceSid: _, ...params } = messagingSamples[kind].params as Texts
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
    ...readSample('message.inbound'),
    ...{ SmsMessageSid: sid, SmsSid: sid, MessageSid: sid, AccountSid: accountSid },
    ...{ From: from, To: to, Body: body, NumMedia: String(mediaUrls.length) },
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
