import { routed } from '../../../../routed.js'

const run = routed('/routed/:a/sms')

export { run as GET, run as POST }
