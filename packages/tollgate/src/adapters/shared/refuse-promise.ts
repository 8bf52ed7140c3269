/**
 * For functions of the user's that have to return their result itself.
 * @throws TypeError where it is a promise, which must not end the process when it rejects.
 */
export function refusePromise(result: unknown, where: string): void {
  if (typeof Object(result).then !== 'function') return
  Promise.resolve(result).catch(() => undefined)
  throw new TypeError(`${where} must not be asynchronous: it has to return its result, not a promise`)
}
