import { type getExpectedBodyHash as Hash, validateRequest } from 'twilio'

type Checks = { form: validateRequest; all: validateRequest[]; hash?: Hash }
const checks: Checks = { form: validateRequest, all: [] }

export const check = (...args: any[]) => (checks.form as Function)(process.env.TWILIO_AUTH_TOKEN, ...args)
