import { spawn } from 'node:child_process'
import { findProgram } from '../find-program.ts'
import { type Io, tell } from '../io.ts'

// Each takes a URL as its last argument.
const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [program: string, ...args: string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/** Opens a URL in the user's browser. If none can be opened, it says so. */
export function openBrowser(url: string, io: Io): void {
  const [program, ...args] = openers[process.platform] ?? ['xdg-open']
  const fail = (): void => tell(io, `No browser could be opened with ${program}. Open the address of the inspector.`)
  const file = findProgram(program, io.env)
  if (file === undefined) {
    fail()
    return
  }
  const child = spawn(file, [...args, url], { env: { ...io.env }, stdio: 'ignore', detached: true })
  child.on('error', fail)
  child.on('exit', (code) => {
    if (code !== 0) fail()
  })
  child.unref()
}
