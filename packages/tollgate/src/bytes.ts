/** Whether a value is bytes, from whatever realm: `instanceof` fails on a Buffer inside a test runner's sandbox. */
export function isBytes(value: unknown): value is Uint8Array {
  if (!ArrayBuffer.isView(value)) return false
  return value instanceof Uint8Array || Object.prototype.toString.call(value) === '[object Uint8Array]'
}
