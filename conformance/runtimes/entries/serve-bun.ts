import { loadProvider, versionOf } from '../here.ts'
import { answer, takeOrder } from '../staged-fetch.ts'

interface Options {
  readonly hostname: string
  readonly port: number
  readonly development: boolean
  readonly fetch: (request: Request, server: unknown) => Promise<Response>
}
declare const Bun: { serve(options: Options): { readonly port: number } }

const options = { hostname: '127.0.0.1', port: 0, development: false }
const server = Bun.serve({ ...options, fetch: answer })
const orders = Bun.serve({ ...options, fetch: takeOrder })
const ports = { port: server.port, orders: orders.port }
console.log(JSON.stringify({ ...ports, version: versionOf(), provider: await loadProvider() }))
