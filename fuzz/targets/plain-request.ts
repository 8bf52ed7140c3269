import { isDeepStrictEqual } from 'node:util'
import { readPlainRequest } from '../../packages/gateway/src/caller/plain-request.ts'
import { readHead } from '../../packages/gateway/src/request-head.ts'
import { readByNode } from '../../packages/gateway/test/read-by-node.ts'
import { check } from './check.ts'

/** The gateway's plain lane: what it recognises is one request to `node:http` too, and the same one. */
export async function fuzz(data: Uint8Array): Promise<void> {
  const bytes = Buffer.from(data)
  const request = readPlainRequest(bytes)
  if (request === undefined) return
  const { requests, broke } = await readByNode(bytes)
  const [read] = requests
  check(!broke && read !== undefined && requests.length === 1, `node:http sees ${requests.length} requests`)
  const { req, body, mayStay } = read
  check(req.method === request.method && req.url === request.target, 'another method or target')
  check(mayStay === request.mayStay, 'the connection lasts otherwise')
  check(body.equals(request.body), 'another body')
  check(isDeepStrictEqual(request.head, readHead(req.rawHeaders, req.httpVersion)), 'another head')
}
