import { once } from 'node:events'
import { XMLParser } from 'fast-xml-parser'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { expect } from 'vitest'
import { WebSocket } from 'ws'

/** Tests a server whose webhook `/voice` opens a stream that only a ticket admits. */
export async function expectTickets(url: string, authToken: string): Promise<void> {
  const place = async (callSid: string): Promise<{ stream: string; ticket: string }> => {
    const { params } = sampleWebhook('call.inbound', { CallSid: callSid, AccountSid: accountSid })
    const answer = await fetch(signRequest({ url: `${url}/voice`, params, authToken }).toRequest())
    const { Response } = new XMLParser({ ignoreAttributes: false }).parse(await answer.text())
    const { '@_url': stream, Parameter } = Response.Connect.Stream
    return { stream, ticket: Parameter['@_value'] }
  }
  /** Returns the code with which the server closes the socket, or `open`. */
  const begin = async (stream: string, start: object, text = JSON.stringify(makeStart(start))): Promise<unknown> => {
    const { headers } = signRequest({ url: stream.replace('ws', 'wss'), method: 'GET', authToken })
    const client = new WebSocket(stream, { headers: { 'x-twilio-signature': headers['x-twilio-signature'] ?? '' } })
    await once(client, 'open')
    client.send(JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }))
    client.send(text)
    client.ping()
    const closed = once(client, 'close').then(([code, reason]) => [code, String(reason)])
    // A server that has closed the socket answers no ping.
    const answer = await Promise.race([closed, once(client, 'pong').then(() => 'open')])
    client.terminate()
    return answer
  }

  const [callSid, other] = [`CA${'1'.repeat(32)}`, `CA${'2'.repeat(32)}`]
  const { stream, ticket } = await place(callSid)
  expect(stream).toBe(`${url.replace('http', 'ws')}/media`)
  const of = (changes: object): object => ({ callSid, accountSid, customParameters: { ticket }, ...changes })
  expect([await begin(stream, of({})), await begin(stream, of({}))]).toEqual(['open', 'open'])
  expect(await begin(stream, of({ callSid: other }))).toEqual([1008, 'call_mismatch'])
  const foreign = await place(other)
  expect(await begin(stream, of({ customParameters: { ticket: foreign.ticket } }))).toEqual([1008, 'call_mismatch'])
  expect(await begin(stream, of({ customParameters: {} }))).toEqual([1008, 'ticket_missing'])
  expect(await begin(stream, of({ customParameters: { ticket: `${ticket}A` } }))).toEqual([1008, 'ticket_malformed'])
  expect(await begin(stream, {}, '{')).toEqual([1008, 'message_malformed'])
}

const accountSid = `AC${'3'.repeat(32)}`
const streamSid = `MZ${'4'.repeat(32)}`

function makeStart(start: object): object {
  const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 }
  return {
    event: 'start',
    sequenceNumber: '1',
    streamSid,
    start: { streamSid, tracks: ['inbound'], mediaFormat, ...start },
  }
}
