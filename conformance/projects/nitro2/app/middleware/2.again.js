import { defineEventHandler } from 'h3'
import { guardsAt } from '../guard.js'

/** Where two guards stand in front of one route. */
export default defineEventHandler((event) => guardsAt('middleware')[1]?.(event))
