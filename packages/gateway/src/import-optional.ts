/**
 * Imports a module that needs optional packages.
 * @param need begins the message, such as "Traces need"
 * @throws TypeError that says what to install
 */
export async function importOptional<T>(need: string, packages: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const { code }: { code?: unknown } = Object(error)
    if (code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new TypeError(
      `${need} packages that are not installed. Install them beside @tollgate/gateway or @tollgate/cli: npm install ${packages}`,
    )
  }
}
