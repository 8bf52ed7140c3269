import { vi } from 'vitest'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'
import { fastify, fastifyHookSuite, fastifyLoadSuite, fastifyWebSocketSuite } from '../frameworks/fastify.ts'
import { bindFramework } from '../kit/bind-framework.ts'

// Adapters warn the developer in many of these cases.
vi.spyOn(console, 'error').mockImplementation(() => undefined)

bindFramework(
  fastify,
  adapterSuites(fastify, [...socketAttackSuites(fastify), fastifyHookSuite, fastifyLoadSuite, fastifyWebSocketSuite]),
)
