import { routed } from '../../../../../routed.js'

const run = routed('/routed/:a/:b/:c')

export { run as GET, run as POST }
