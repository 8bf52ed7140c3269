import { routed } from '../../../routed.js'

export default routed('/routed/billing/paid')
