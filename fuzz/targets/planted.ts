import { check } from './check.ts'

/** Not one of the targets: what a test hands to the fuzzer to see that it finds something. */
export function fuzz(data: Uint8Array): void {
  check(data[0] !== 0x62 || data[1] !== 0x75 || data[2] !== 0x67, 'planted')
}
