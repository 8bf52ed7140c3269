import { defineEventHandler } from 'h3'
import { guardsAt } from '../guard.js'

/** Adds a second guard in front of the route. */
export default defineEventHandler((event) => guardsAt('middleware')[1]?.(event))
