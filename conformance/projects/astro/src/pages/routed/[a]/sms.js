import { routed } from '../../../routed.js'

export const ALL = routed('/routed/:a/sms')
