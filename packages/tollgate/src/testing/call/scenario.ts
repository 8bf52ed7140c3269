import { readOptions } from '../../checks/options.ts'
import { decodeUtf8 } from '../../schemes/twilio/sign/form.ts'
import { signRequest } from '../sign-request.ts'
import type { TestServer } from '../test-server.ts'
import type { Answer } from './answer-rules.ts'
import { type Call, type CallOptions, callOptions, startCall } from './call.ts'
import { type Conversation, type ConversationOptions, startConversation } from './conversation.ts'
import type { CallSocket, Transport } from './walk.ts'

/**
 * Opens a WebSocket: `(url, headers) => new WebSocket(url, { headers })` of `ws`.
 * @param url The address of the test server, which stands for the public URL.
 * @param headers Those of the signed handshake.
 */
export type OpenSocket = (url: string, headers: Readonly<Record<string, string>>) => CallSocket

/** Options of `callScenario`. Unknown properties are a `TypeError`. */
export interface CallScenarioOptions extends CallOptions {
  /**
   * Opens the sockets of Stream and ConversationRelay, with `ws` for example. Default: none is
   * opened, and a note says so.
   */
  openSocket?: OpenSocket | undefined
}

const openSocketOption = { openSocket: { type: 'function' } } as const

/** The options of `callScenario`. */
export const callScenarioOptions: typeof callOptions & typeof openSocketOption = { ...callOptions, ...openSocketOption }

/**
 * Calls an application under test. It plays Twilio's part: signed webhooks, and what TwiML leads to.
 *
 * @param server The result of a `testServer`, from `tollgate/testing` or `tollgate/testing/node`.
 * @param options Who calls, and which webhook.
 * @returns the call, when it waits for the caller or is over
 * @throws TypeError or RangeError that names the option, if one is unknown or out of range.
 */
export async function callScenario(server: TestServer, options: CallScenarioOptions = {}): Promise<Call> {
  const { openSocket } = readOptions(options, callScenarioOptions, 'callScenario')
  const { call, ready } = startCall(server.url, createTransport(server, openSocket), options)
  await ready
  return call
}

/**
 * Writes to an application under test as a phone does.
 *
 * @param server The result of a `testServer`.
 * @param options Who writes, and to which webhook.
 * @throws TypeError or RangeError that names the option, if one is unknown or out of range.
 */
export async function messageScenario(server: TestServer, options: ConversationOptions = {}): Promise<Conversation> {
  return startConversation(server.url, createTransport(server, undefined), options)
}

function createTransport(server: TestServer, openSocket: OpenSocket | undefined): Transport {
  const { url: origin, authToken } = server
  const isOwn = (url: string): boolean => url.startsWith(origin) && /^([/?#]|$)/.test(url.slice(origin.length))
  return {
    async request({ url, method, params, headers, contentType }) {
      const plain = url.replace(/\/\/[^/?#]*@/, '//').replace(/#.*$/s, '')
      if (!isOwn(plain)) return undefined
      const path = plain.slice(origin.length)
      const started = Date.now()
      const request = { method, params: params.map(([name, value]): [string, string] => [name, value]), headers }
      const response = await server.send(path.startsWith('/') ? path : `/${path}`, {
        ...request,
        ...(contentType !== undefined && { contentType }),
      })
      return await toAnswer(response, Date.now() - started)
    },
    ...(openSocket !== undefined && {
      openSocket(url: string): CallSocket | undefined {
        if (!isOwn(url.replace(/^wss?/i, /^https?/i.exec(origin)?.[0] ?? ''))) return undefined
        const { headers } = signRequest({ url, authToken })
        // The client makes the others itself.
        const own = Object.entries(headers).filter(([name]) => !/^(upgrade|connection|sec-websocket-.*)$/.test(name))
        // A server of `tollgate/testing/node` speaks no TLS.
        return openSocket(url.replace(/^wss?/i, /^https/i.test(origin) ? 'wss' : 'ws'), Object.fromEntries(own))
      },
    }),
  }
}

async function toAnswer(response: Response, durationMs: number): Promise<Answer> {
  const bytes = new Uint8Array(await response.arrayBuffer())
  return {
    status: response.status,
    headers: [...response.headers],
    body: decodeUtf8(bytes),
    bytes: bytes.length,
    isCut: false,
    durationMs,
  }
}
