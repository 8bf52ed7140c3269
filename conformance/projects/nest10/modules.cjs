module.exports = {
  common: require('@nestjs/common'),
  core: require('@nestjs/core'),
  ExpressAdapter: require('@nestjs/platform-express').ExpressAdapter,
  FastifyAdapter: require('@nestjs/platform-fastify').FastifyAdapter,
  tollgate: require('tollgate/nest'),
}
