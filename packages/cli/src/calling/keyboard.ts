import { createInterface } from 'node:readline'
import type { Call, Conversation } from '@tollgate/calls'
import { type Io, tell } from '../io.ts'
import { didYouMean } from '../nearest.ts'
import { claimStandardInput } from '../read-text.ts'

/** What a line at the keyboard does. Any other line is keys, or words. */
const words: Readonly<Record<string, (call: Call) => Promise<void>>> = {
  '': (call) => call.wait(),
  '/answer': (call) => call.answer(),
  '/busy': (call) => call.answer('busy'),
  '/no-answer': (call) => call.answer('no-answer'),
  '/failed': (call) => call.answer('failed'),
  '/hangup': (call) => call.hangUp(),
}

const wordNames = Object.keys(words).filter((word) => word !== '')

export const keyboardHelp =
  'Type keys, or words to say; in quotes, digits are said too. Enter alone waits. /answer, /busy, /no-answer and /failed are for a ringing number, and /answer for a queue. /hangup, Ctrl-C, or the end of the input, hangs up.'

const longestLine = 2000

/**
 * Gives each line of standard input to the call, until it is over.
 * @param stopped Is aborted when the user wants to hang up.
 */
export async function followKeyboard(call: Call, over: Promise<void>, io: Io, stopped: AbortSignal): Promise<void> {
  claimStandardInput(io, 'tollgate call')
  const lines = createInterface({ input: io.stdin })
  const close = (): void => lines.close()
  // A call may be over before the first line of a script is read. Its lines are findings then.
  const closeSoon = (): void => void setTimeout(close, io.stdin.isTTY === true ? 0 : 250)
  // An error is thrown by the method that waits for the call.
  void over.then(closeSoon, closeSoon)
  stopped.addEventListener('abort', close)
  if (!stopped.aborted)
    for await (const line of lines) {
      if (stopped.aborted) break
      await takeLine(call, line.trim().slice(0, longestLine), io)
    }
  // In the URL of a Number the first one hangs up the called line only.
  while (call.status === 'in-progress') await call.hangUp()
}

async function takeLine(call: Call, text: string, io: Io): Promise<void> {
  const act = Object.hasOwn(words, text) ? words[text] : undefined
  const [, quoted] = /^"(.+)"$/.exec(text) ?? []
  if (act !== undefined) await act(call)
  else if (text.startsWith('/'))
    tell(io, `There is no ${text.slice(0, 40)}.${didYouMean(text, wordNames)} ${keyboardHelp}`)
  else if (/^[\d*#]+$/.test(text)) await call.press(text)
  else await call.say(quoted ?? text)
}

export async function sendLines(conversation: Conversation, io: Io): Promise<void> {
  claimStandardInput(io, 'tollgate call')
  for await (const line of createInterface({ input: io.stdin })) await conversation.send(line.slice(0, longestLine))
}
