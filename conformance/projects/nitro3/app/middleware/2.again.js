import { defineMiddleware } from 'nitro/h3'
import { guardsAt } from '../guard.js'

/** Where two guards stand in front of one route. */
export default defineMiddleware((event, next) => guardsAt('middleware')[1]?.(event, next))
