/** Tells the developer of a mistake that only they can mend. Never given anything from a request. */
export function logProblem(message: string): void {
  // biome-ignore lint/suspicious/noConsole: the one place where the library speaks without being asked
  console.error(`tollgate: ${message}`)
}

/** What a handler of the application threw, where no framework stands behind us that would log it. */
export function logHandlerError(error: unknown): void {
  // biome-ignore lint/suspicious/noConsole: as the framework would
  console.error(error)
}
