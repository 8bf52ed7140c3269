import twilio from 'twilio'
import { createGuard } from './guard.mjs'

export const guard = createGuard(twilio)
