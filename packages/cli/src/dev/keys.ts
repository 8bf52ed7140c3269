import { type Io, tell } from '../io.ts'

export interface KeyAction {
  readonly name: string
  /** Names it for people, as in "o opens the page". */
  readonly does: string
  act(): unknown
}

/**
 * Follows single keys at a terminal. In a pipe there are none.
 * @returns a function that gives the terminal back
 */
export function followKeys(actions: readonly KeyAction[], io: Io): () => void {
  const { stdin } = io
  const { setRawMode } = stdin as { setRawMode?: (raw: boolean) => void }
  if (stdin.isTTY !== true || setRawMode === undefined) return () => undefined
  tell(io, `Keys: ${actions.map(({ name, does }) => `${name} ${does}`).join(', ')}`)
  const onData = (chunk: Buffer): void => {
    for (const typed of chunk.toString()) {
      // In this mode the terminal makes no signal of Ctrl-C.
      if (typed === '\x03') process.kill(process.pid, 'SIGINT')
      const action = actions.find(({ name }) => name === typed.toLowerCase())
      void Promise.resolve(action?.act()).catch((error) => tell(io, `${action?.name}: ${error?.message}`))
    }
  }
  setRawMode.call(stdin, true)
  stdin.on('data', onData)
  return () => {
    stdin.off('data', onData).pause()
    setRawMode.call(stdin, false)
  }
}
