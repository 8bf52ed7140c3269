import { routed } from '../routed.js'

export const action = routed('/routed/:a/sms')
export const loader = action
