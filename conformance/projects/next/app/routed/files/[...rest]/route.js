import { routed } from '../../../../routed.js'

const run = routed('/routed/files/*')

export { run as GET, run as POST }
