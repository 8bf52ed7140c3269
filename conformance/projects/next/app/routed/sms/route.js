import { routed } from '../../../routed.js'

const run = routed('/routed/sms')

export { run as GET, run as POST }
