import { createInterface } from 'node:readline'
import type { Call, Conversation } from 'tollgate/testing/call'
import type { Io } from '../io.ts'
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

export const keyboardHelp =
  'Type keys, or words to say. Enter alone waits. /answer, /busy, /no-answer and /failed are for a ringing number. /hangup, or the end of the input, hangs up.'

const longestLine = 2000

/** Gives each line of standard input to the call, until it is over. */
export async function followKeyboard(call: Call, over: Promise<void>, io: Io): Promise<void> {
  claimStandardInput(io, 'tollgate call')
  const lines = createInterface({ input: io.stdin })
  const close = (): void => lines.close()
  // An error is thrown by the method that waits for the call.
  void over.then(close, close)
  for await (const line of lines) {
    if (call.status !== 'in-progress') break
    const text = line.trim().slice(0, longestLine)
    const act = Object.hasOwn(words, text) ? words[text] : undefined
    if (act !== undefined) await act(call)
    else if (/^[\d*#]+$/.test(text)) await call.press(text)
    else await call.say(text)
  }
  // In the URL of a Number the first one hangs up the called line only.
  while (call.status === 'in-progress') await call.hangUp()
}

/** Sends each line of standard input as a message. */
export async function sendLines(conversation: Conversation, io: Io): Promise<void> {
  claimStandardInput(io, 'tollgate call')
  for await (const line of createInterface({ input: io.stdin })) await conversation.send(line.slice(0, longestLine))
}
