import { showRequest, showUrl, toLine } from '../checks/log.ts'
import type { KeyQuestion, Question } from '../schemes/scheme.ts'
import { omitPage, type Rejected } from '../verdict.ts'
import type { IncomingRequest } from '../verify/types.ts'
import type { Cause } from './engine.ts'

/** A diagnosis of any scheme, as far as it is written. */
export interface Report {
  readonly proven?: { readonly causes: readonly Cause[]; readonly signedUrl?: string } | undefined
  readonly suspected: readonly Cause[]
  readonly question?: Question | KeyQuestion | undefined
}

/** A line of a fix is one sentence, but several options may be one line. */
const mostOfFix = 1200

/**
 * Writes a diagnosis for people: the proof with the line to paste, or what shows the cause, or the
 * question that settles it. The log, the command line, the gateway and the page write it alike.
 * @param request the refused request
 * @param rejection the verdict
 * @param report the diagnosis
 * @returns the lines, the first of which names the request
 */
export function writeReport(
  request: Pick<IncomingRequest, 'method' | 'url'>,
  rejection: Pick<Rejected, 'code' | 'message'>,
  { proven, suspected, question }: Report,
): string[] {
  const refused = `${showRequest(request)} was refused: ${rejection.code}.`
  if (proven !== undefined) {
    const { signedUrl, causes } = proven
    const undoing = `Proven: undoing ${causes.length === 1 ? 'this' : `these ${causes.length}`} makes the signature match:`
    return [
      ...writeFixes(refused, causes),
      `  ${signedUrl === undefined ? undoing : `Twilio signed ${toLine(signedUrl)}`}`,
      ...causes.map(writeDetail),
    ]
  }
  if (question !== undefined) {
    const isCut = 'isCut' in question
    return [
      `${refused} ${isCut ? 'Nothing that was tried until "maxTries"' : 'Nothing that this server knows'} makes the signature match.`,
      ...('keyEnd' in question ? writeKeyQuestion(question) : writeQuestion(question, rejection)),
    ]
  }
  if (suspected.length === 0) {
    const fix = fixes[rejection.code]
    return [fix === undefined ? refused : `${refused} Fix: ${fix}`, `  ${toLine(rejection.message)}`]
  }
  return [...writeFixes(refused, suspected), ...suspected.map(writeDetail)]
}

/** What to do about rejections that no cause explains. */
const fixes: Readonly<Record<string, string>> = {
  replayed:
    "None is needed if your code handled the first delivery. If it failed, call release(). To get repeated deliveries too, set whenRepeated: 'mark'.",
}

/** Two fixes are two lines. A fix that begins another one is left out: one option may mend several causes. */
function writeFixes(refused: string, causes: readonly Cause[]): string[] {
  const all = [...new Set(causes.map(({ fix }) => fix))]
  const kept = all.filter((fix) => !all.some((other) => other !== fix && other.startsWith(fix)))
  return kept.flatMap((fix, index) => {
    const [first = '', ...choices] = fix.split('\n').map((line) => toLine(line, mostOfFix))
    return [`${index === 0 ? `${refused} Fix` : '  And'}: ${first}`, ...choices.map((choice) => `  ${choice}`)]
  })
}

function writeDetail({ id, detail }: Cause): string {
  return `  ${id}: ${toLine(detail)}`
}

function writeQuestion(
  { checkedUrl, account, commands, key, isUrlKnown, isKeyKnown }: Question,
  rejection: Pick<Rejected, 'code' | 'message'>,
): string[] {
  const place = checkedUrl.startsWith('ws') ? 'of <Stream> or <ConversationRelay> in your TwiML' : "in Twilio's console"
  // Other codes say themselves what is wrong if the URL is right.
  const ofKey =
    rejection.code !== 'signature_mismatch'
      ? omitPage(rejection).replace(/\.$/, '')
      : isKeyKnown
        ? `something changed the request on its way, because this ${key} verified others within the hour`
        : key === 'SharedKey'
          ? 'the secret of the SharedKey is that of another key, or an old one'
          : "the Auth Token is another account's or an old one"
  const [otherUrl, askTwilio] = commands
  return [
    `  Checked ${toLine(checkedUrl)}${checkedUrl.endsWith('?…') ? '' : ' (no query)'}${account === undefined ? '' : ` as ${account}`}`,
    isUrlKnown
      ? '  This is the URL that you named.'
      : `  Is this, to the letter, the URL ${place}? If not: ${toLine(otherUrl)}`,
    `  ${isUrlKnown ? 'So' : 'If it is:'} ${ofKey}. To let Twilio say what it sent: ${toLine(askTwilio)}`,
  ]
}

function writeKeyQuestion({ bytes, keyEnd, commands: [otherKey] }: KeyQuestion): string[] {
  return [
    `  Checked ${bytes} bytes with the public key that ends in ${keyEnd}`,
    `  Is this the key that SendGrid shows for this webhook? If not, save the other as other.pub: ${toLine(otherKey, 3000)}`,
    '  If it is: something changed the body on its way. Verify the bytes that arrived, and let no gateway, queue or parser write them again.',
  ]
}

/** Shows a URL without its query, for a question. Its path is shown as the log shows it. */
export function showChecked(url: string): string {
  return showUrl(url) + (/\?./.test(url) ? '?…' : '')
}
