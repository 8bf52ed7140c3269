import { defineMiddleware } from 'nitro/h3'
import { guardsAt } from '../guard.js'

/** Adds a second guard in front of the route. */
export default defineMiddleware((event, next) => guardsAt('middleware')[1]?.(event, next))
