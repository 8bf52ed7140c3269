// createGateway in one process, so that its memory can be measured.
import { createGateway } from '@tollgate/gateway'

const { UPSTREAM = '', PORT, PUBLIC_URL = '', AUTH_TOKEN = '' } = process.env
await createGateway({
  listen: { port: Number(PORT) },
  routes: [{ path: '/', upstream: UPSTREAM, publicUrl: PUBLIC_URL, authToken: AUTH_TOKEN, webSocket: true }],
}).listen()
