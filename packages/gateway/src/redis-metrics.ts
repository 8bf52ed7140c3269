import { Gauge, Histogram } from 'prom-client'
import { metricRows } from './metric-rows.ts'

// Of the whole process: a reload keeps the connection, and a gateway has one store. Without Redis
// they have no values, because they have labels.

/** The state of the replay store in Redis. */
export const redisUp = new Gauge({ ...metricRows.redisUp, labelNames: ['kind'] as const, registers: [] })

/** The latency of the replay store in Redis. */
export const redisDuration = new Histogram({
  ...metricRows.redisDuration,
  buckets: [...metricRows.redisDuration.buckets],
  labelNames: ['result'] as const,
  registers: [],
})
