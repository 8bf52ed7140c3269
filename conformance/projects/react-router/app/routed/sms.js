import { routed } from '../routed.js'

export const action = routed('/routed/sms')
export const loader = action
