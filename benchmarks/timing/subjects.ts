import { RequestValidator } from '../../packages/tollgate/src/index.ts'
import { equalSignatures } from '../../packages/tollgate/src/schemes/twilio/sign/signature.ts'

export { equalSignatures, RequestValidator }

/** Stops at the first difference. The measurement must detect this fault. */
export function equalSignaturesLeaking(one: string, other: string): boolean {
  if (one.length !== other.length) return false
  for (let index = 0; index < one.length; index++) if (one.charCodeAt(index) !== other.charCodeAt(index)) return false
  return true
}
