import { fastify, fastifyHookSuite, fastifyLoadSuite, fastifyWebSocketSuite } from '../frameworks/fastify.ts'
import { bindAdapter, captureWarnings } from '../kit/bind-framework.ts'

captureWarnings()

bindAdapter(fastify, [fastifyHookSuite, fastifyLoadSuite, fastifyWebSocketSuite])
