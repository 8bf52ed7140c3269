import { defineMiddleware } from 'nitro/h3'
import { guardsAt } from '../guard.js'

export default defineMiddleware((event, next) => guardsAt('middleware')[0]?.(event, next))
