import { makeMounts } from '../../frameworks/elysia-mounts.ts'

const ports = [true, false].map((aot) => {
  const app = makeMounts({ aot }).listen({ hostname: '127.0.0.1', port: 0, development: false })
  return app.server?.port
})
console.log(JSON.stringify(ports))
