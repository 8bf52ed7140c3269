// #region gateway
import { createGateway } from '@tollgate/gateway'

const gateway = createGateway({
  listen: { host: '127.0.0.1', port: Number(process.env.PORT ?? 8080) },
  routes: [
    {
      path: '/',
      upstream: process.env.UPSTREAM ?? 'http://127.0.0.1:3000',
      publicUrl: process.env.TOLLGATE_PUBLIC_URL ?? 'https://api.example.com',
      authToken: process.env.TWILIO_AUTH_TOKEN,
    },
  ],
})
const { url } = await gateway.listen()
console.log(`The gateway listens on ${url}`)

process.once('SIGTERM', () => gateway.close())
// #endregion
