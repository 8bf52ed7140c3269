import { afterAll, beforeAll } from 'vitest'
import type { Running } from '../adapter/framework.ts'
import { elysia, serveElysia } from '../frameworks/elysia.ts'
import { makeMounts, mountSuite } from '../frameworks/elysia-mounts.ts'
import { bindSuites } from '../kit/bind.ts'
import { bindAdapter, captureWarnings } from '../kit/bind-framework.ts'

captureWarnings()

for (const framework of elysia) bindAdapter(framework)

for (const aot of [true, false]) {
  let server: Running | undefined
  beforeAll(async () => {
    server = await serveElysia(makeMounts({ aot }))
  })
  afterAll(() => server?.close())
  bindSuites(`elysia with aot: ${aot}`, [mountSuite(() => server?.port ?? 0)])
}
