import { routed } from '../routed.js'

export const action = routed('/routed/billing/paid')
export const loader = action
