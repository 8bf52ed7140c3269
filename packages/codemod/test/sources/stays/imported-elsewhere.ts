import { validateRequest } from './lib/twilio'

export const check = (...args: [string, string, string, object]) => validateRequest(...args)
