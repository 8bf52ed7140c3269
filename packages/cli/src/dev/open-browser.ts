import { spawn } from 'node:child_process'
import { type Io, tell } from '../io.ts'

// Each takes a URL as its last argument.
const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [program: string, ...args: string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/** Opens a URL in the user's browser. If none can be opened, it says so. */
export function openBrowser(url: string, io: Io): void {
  const [program, ...args] = openers[process.platform] ?? ['xdg-open']
  const child = spawn(program, [...args, url], { env: { ...io.env }, stdio: 'ignore', detached: true })
  const fail = (): void => tell(io, `No browser could be opened with ${program}. Open the address of the inspector.`)
  child.on('error', fail)
  child.on('exit', (code) => {
    if (code !== 0) fail()
  })
  child.unref()
}
