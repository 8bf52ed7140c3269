import { Gauge, Histogram } from 'prom-client'

// Of the whole process: a reload keeps the connection, and a gateway has one store. Without Redis
// they have no values, because they have labels.

/** The state of the replay store in Redis. */
export const redisUp = new Gauge({
  name: 'tollgate_redis_up',
  help: '1 if Redis keeps deliveries, 0 if it does not answer or refuses a command.',
  labelNames: ['kind'] as const,
  registers: [],
})

/** The latency of the replay store in Redis. */
export const redisDuration = new Histogram({
  name: 'tollgate_redis_command_duration_seconds',
  help: 'Seconds until Redis answered a command, or until it failed.',
  labelNames: ['result'] as const,
  buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  registers: [],
})
