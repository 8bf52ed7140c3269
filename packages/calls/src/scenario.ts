import { readOptions } from 'tollgate/internal'
import { signRequest, type TestServer } from 'tollgate/testing'
import type { Answer } from './answer-rules.ts'
import { type Call, type CallOptions, callerOptions, callOptions, startCall } from './call.ts'
import { type Conversation, type ConversationOptions, conversationOptions, startConversation } from './conversation.ts'
import { cutPublicUrl } from './urls.ts'
import type { CallSocket, Transport } from './walk.ts'

/**
 * Opens a WebSocket: `(url, headers) => new WebSocket(url, { headers })` of `ws`.
 * @param url The address of the test server, which stands for the public URL.
 * @param headers Those of the signed handshake.
 */
export type OpenSocket = (url: string, headers: Readonly<Record<string, string>>) => CallSocket

/** The options that `callScenario` and `messageScenario` share. */
export interface ScenarioOptions {
  /**
   * How long an answer of the application may take, in milliseconds: an integer from 1 to 15000.
   * Twilio waits 15 s, and then reports 11205. Default 15000.
   */
  timeoutMs?: number | undefined
}

const scenarioOptions = { timeoutMs: { type: 'integer', least: 1, most: 15_000, default: 15_000 } } as const

/** Options of `callScenario`. Unknown properties are a `TypeError`. */
export interface CallScenarioOptions extends CallOptions, ScenarioOptions {
  /**
   * Opens the sockets of Stream and ConversationRelay, with `ws` for example. Default: none is
   * opened, and a note says so.
   */
  openSocket?: OpenSocket | undefined
}

/** Options of `messageScenario`. Unknown properties are a `TypeError`. */
export interface MessageScenarioOptions extends ConversationOptions, ScenarioOptions {}

const callScenarioOptions = {
  ...callerOptions,
  ...callOptions,
  ...scenarioOptions,
  openSocket: { type: 'function' },
} as const

const messageScenarioOptions = { ...callerOptions, ...conversationOptions, ...scenarioOptions } as const

/**
 * Calls an application under test. It plays Twilio's part: signed webhooks, and what TwiML leads to.
 *
 * @param server The result of a `testServer`, from `tollgate/testing` or `tollgate/testing/node`.
 * @param options Who calls, and which webhook.
 * @returns the call, when it waits for the caller or is over
 * @throws TypeError or RangeError that names the option, if one is unknown or out of range.
 */
export async function callScenario(server: TestServer, options: CallScenarioOptions = {}): Promise<Call> {
  const { openSocket, timeoutMs } = readOptions(options, callScenarioOptions, 'callScenario')
  const { call, ready } = startCall(server.url, createTransport(server, timeoutMs, openSocket), options)
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
export async function messageScenario(server: TestServer, options: MessageScenarioOptions = {}): Promise<Conversation> {
  const { timeoutMs } = readOptions(options, messageScenarioOptions, 'messageScenario')
  return startConversation(server.url, createTransport(server, timeoutMs), options)
}

function createTransport(server: TestServer, timeoutMs: number, openSocket?: OpenSocket): Transport {
  const { url: origin, authToken } = server
  return {
    async request({ url, method, params, headers, contentType }) {
      const path = cutPublicUrl(url, origin)
      if (path === undefined) return undefined
      const started = Date.now()
      const request = { method, params: params.map(([name, value]): [string, string] => [name, value]), headers }
      const send = async (): Promise<Answer> => {
        const response = await server.send(path.startsWith('/') ? path : `/${path}`, {
          ...request,
          ...(contentType !== undefined && { contentType }),
        })
        return await toAnswer(response, Date.now() - started)
      }
      return await within(timeoutMs, send())
    },
    ...(openSocket !== undefined && {
      openSocket(url: string): CallSocket | undefined {
        if (cutPublicUrl(url, origin) === undefined) return undefined
        const { headers } = signRequest({ url, authToken })
        // The client makes the others itself.
        const own = Object.entries(headers).filter(([name]) => !/^(upgrade|connection|sec-websocket-.*)$/.test(name))
        // A server of `tollgate/testing/node` speaks no TLS.
        return openSocket(url.replace(/^wss?/i, /^https/i.test(origin) ? 'wss' : 'ws'), Object.fromEntries(own))
      },
    }),
  }
}

/** @throws Error if the answer takes longer. A later one is ignored. */
async function within(ms: number, answer: Promise<Answer>): Promise<Answer> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it took longer than ${ms / 1000} s`)), ms)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
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

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
