import { defineEventHandler } from 'h3'
import { guardsAt } from '../guard.js'

export default defineEventHandler((event) => guardsAt('middleware')[0]?.(event))
