import { routed } from '../../../../routed.js'

const run = routed('/routed/billing/paid')

export { run as GET, run as POST }
