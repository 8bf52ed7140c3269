import { check } from './check.ts'

/**
 * Has a planted fault. A test checks that the fuzzer finds it; `npm run fuzz` does not run this.
 */
export function fuzz(data: Uint8Array): void {
  check(data[0] !== 0x62 || data[1] !== 0x75 || data[2] !== 0x67, 'planted')
}
