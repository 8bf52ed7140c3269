import { routed } from '../routed.js'

export const action = routed('/routed/files/*')
export const loader = action
