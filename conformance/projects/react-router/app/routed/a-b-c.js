import { routed } from '../routed.js'

export const action = routed('/routed/:a/:b/:c')
export const loader = action
