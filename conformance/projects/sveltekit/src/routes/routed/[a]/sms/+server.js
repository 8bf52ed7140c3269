import { routed } from '../../../../routed.js'

export const trailingSlash = 'ignore'
export const fallback = routed('/routed/:a/sms')
