// createGateway in one process, whose memory can be watched.
import { createGateway } from '@tollgate/gateway'

const { UPSTREAM = '', PORT, PUBLIC_URL = '', AUTH_TOKEN = '' } = process.env
await createGateway({
  listen: { port: Number(PORT) },
  routes: [{ path: '/', upstream: UPSTREAM, publicUrl: PUBLIC_URL, authToken: AUTH_TOKEN, webSocket: true }],
}).listen()
