import { vi } from 'vitest'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'
import { fastify, fastifyHookSuite, fastifyLoadSuite, fastifyWebSocketSuite } from '../frameworks/fastify.ts'
import { bindFramework } from '../kit/bind-framework.ts'

// What adapters tell the developer of: many cases provoke it.
vi.spyOn(console, 'error').mockImplementation(() => undefined)

bindFramework(
  fastify,
  adapterSuites(fastify, [...socketAttackSuites(fastify), fastifyHookSuite, fastifyLoadSuite, fastifyWebSocketSuite]),
)
