// The gateway, as the command line starts it. It verifies every request.
import { runGateway } from '@tollgate/gateway'

const { UPSTREAM = '', PORT, PUBLIC_URL = '', AUTH_TOKEN = '' } = process.env
const options = {
  listen: { port: Number(PORT) },
  routes: [{ path: '/', upstream: UPSTREAM, publicUrl: PUBLIC_URL, authToken: AUTH_TOKEN, webSocket: true }],
}
await runGateway({ loaded: { options, graceMs: 0 } }, { onMessage: () => undefined })
