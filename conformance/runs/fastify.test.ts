import {
  fastify,
  fastifyHookSuite,
  fastifyLoadSuite,
  fastifyParserSuite,
  fastifyWebSocketSuite,
} from '../frameworks/fastify.ts'
import { bindAdapter, captureWarnings } from '../kit/bind-framework.ts'

captureWarnings()

bindAdapter(fastify, [fastifyHookSuite, fastifyLoadSuite, fastifyParserSuite, fastifyWebSocketSuite])
