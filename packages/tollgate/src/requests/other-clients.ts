import { serializeForm } from '../schemes/twilio/sign/form.ts'
import { RequestError } from './error.ts'
import { signatureName } from './find-request.ts'
import { findCurl } from './read-curl.ts'
import { splitShellWords } from './shell-words.ts'

/** A client whose commands are read as those of curl. To add one, add a row. */
interface Client {
  /** Describes its command in messages, with its article. */
  readonly title: string
  /** Finds its name behind a prompt. Each part is limited, so that the time is linear. */
  readonly start: RegExp
  /**
   * Returns the words of a curl command, without its name, that sends the same request.
   * @param command the text from the name on
   */
  translate(command: string): string[]
}

const prompt = /^(?:[ \t]*|[^\n'"]{0,200}?[$#%>❯➜»][ \t]{1,20})/.source

function startsWith(name: string): RegExp {
  return new RegExp(`${prompt}(?<name>${name})`, 'm')
}

const clients: readonly Client[] = [
  {
    title: 'a command of HTTPie',
    start: startsWith(
      String.raw`(?:https?|xhs?)[ \t]{1,20}(?:\\\r?\n[ \t]{0,20})?(?=--?[a-zA-Z]|[A-Z]{3,7}[ \t]|['"]?(?:https?:\/\/|:\d|:\/|localhost|[\w-]{1,60}\.[a-z]))`,
    ),
    translate: (command) => fromHttpie(splitShellWords(command)),
  },
  {
    title: 'a command of wget',
    start: startsWith(String.raw`wget(?:\.exe)?[ \t]{1,20}(?=[\\\-'"]|https?:)`),
    translate: (command) => fromWget(splitShellWords(command).slice(1)),
  },
]

/** A command of curl that was made of one of another client. */
interface Translated {
  readonly title: string
  readonly command: string
}

/**
 * Translates a command of another client. It never runs or looks up anything.
 * @returns `undefined` if the text has no such command, or if something else in it is signed
 * @throws RequestError if the command is incomplete, or needs a shell
 */
export function translateCommand(text: string): Translated | undefined {
  if (findCurl(text) !== undefined) return undefined
  for (const { title, start, translate } of clients) {
    const match = start.exec(text)
    if (match === null) continue
    const command = text
      .slice(match.index + match[0].length - (match.groups?.name?.length ?? 0))
      // bash and zsh show a second prompt before each continuation line.
      .replace(/(\\\r?\n)(?:> |(?:quote|dquote|cmdand)> )/g, '$1')
    const words = translate(command)
    if (signatureName.test(text) && !words.some((word) => signatureName.test(word))) continue
    return { title, command: ['curl', ...words.map(quote)].join(' ') }
  }
  // Its headers alone would look like printed ones, of a request without a body.
  if (pythonModule.test(text) && signatureName.test(text))
    throw new RequestError('it is a program in Python, which is not run here; copy the request as curl or as raw HTTP')
  return undefined
}

const pythonModule = /^(?:import|from)[ \t]{1,9}(?:requests|httpx|aiohttp|http\.client|urllib)\b/m

function quote(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** Writes a header as an option of curl, in which `name;` is an empty one. */
function toHeader(name: string, value: string): string[] {
  return ['--header', value.trim() === '' ? `${name};` : `${name}: ${value.trim()}`]
}

// https://httpie.io/docs/cli/optional-arguments
const httpieValues =
  /^--(?:raw|auth|auth-type|print|output|timeout|session|session-read-only|proxy|verify|style|pretty|max-redirects|max-headers|cert|cert-key|ssl|ciphers|default-scheme|boundary|format-options)$|^-[a-zA-Z]*[paAosP]$/

/** https://httpie.io/docs/cli/request-items */
function fromHttpie([name = '', ...words]: readonly string[]): string[] {
  const sent: string[] = []
  const query: [string, string][] = []
  const form: [string, string][] = []
  const json: [string, string][] = []
  const places: string[] = []
  let isForm = false
  let raw: string | undefined
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (!/^--?[a-zA-Z]/.test(word)) places.push(word)
    else {
      const [, flag = word, inline] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? []
      const value = inline ?? (httpieValues.test(flag) ? words[++at] : undefined)
      if (flag === '--raw') raw = value
      isForm ||= flag === '--form' || /^-[a-zA-Z]*f/.test(flag)
    }
  }
  const hasMethod = places.length > 1 && /^[a-zA-Z]+$/.test(places[0] ?? '')
  const [method, url = '', ...items] = hasMethod ? places : [undefined, ...places]
  for (const item of items as string[]) {
    const [, key, mark, value = ''] = /^((?:\\.|[^\\:=@;])*)(:=@|=@|:@|:=|==|=|@|:|;)(.*)$/s.exec(item) ?? []
    if (key === undefined || mark === undefined) throw new RequestError('it has an item without : or =')
    const own = key.replace(/\\(.)/gs, '$1')
    if (mark === '@' && own === '') sent.push('--data-binary', `@${value}`)
    else if (mark.endsWith('@'))
      throw new RequestError('it reads a value from a file (@): write the value into the command')
    // A header without a value is left out.
    else if (mark === ':' && value.trim() === '') sent.push('--header', `${own}:`)
    else if (mark === ':' || mark === ';') sent.push(...toHeader(own, value))
    else if (mark === '==') query.push([own, value])
    else if (isForm) form.push([own, value])
    else json.push([own, mark === ':=' ? value : JSON.stringify(value)])
  }
  if (raw !== undefined) sent.push('--data-raw', raw)
  else if (isForm && form.length > 0) sent.push('--data-raw', serializeForm(form))
  else if (json.length > 0) sent.push('--data-raw', writePythonJson(json))
  if (!isForm && sent.some((word) => word.startsWith('--data')) && !sent.some((word) => /^content-type:/i.test(word)))
    sent.push('--header', 'Content-Type: application/json')
  const local = url.replace(/^:(?=\d)/, 'localhost:').replace(/^:(?=\/)/, 'localhost')
  const whole = /^[a-z]+:\/\//i.test(local) ? local : `${/^(?:https|xhs)$/.test(name) ? 'https' : 'http'}://${local}`
  const search = query.length > 0 ? (whole.includes('?') ? '&' : '?') + serializeForm(query) : ''
  return [...(method === undefined ? [] : ['--request', method.toUpperCase()]), ...sent, '--url', whole + search]
}

/** Writes an object as Python does. */
function writePythonJson(pairs: readonly (readonly [name: string, json: string])[]): string {
  const text = `{${pairs.map(([name, json]) => `${JSON.stringify(name)}: ${json}`).join(', ')}}`
  return text.replace(/[^\0-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

// Options of wget with another name in curl.
// https://www.gnu.org/software/wget/manual/wget.html#HTTP-Options
const wgetOptions: Readonly<Record<string, readonly [option: string, prefix?: string]>> = {
  '--header': ['--header'],
  '--post-data': ['--data-raw'],
  '--body-data': ['--data-raw'],
  '--post-file': ['--data-binary', '@'],
  '--body-file': ['--data-binary', '@'],
  '--method': ['--request'],
  '--user-agent': ['--user-agent'],
  '-U': ['--user-agent'],
  '--referer': ['--referer'],
}
const wgetValues =
  /^--(?:output-document|output-file|timeout|tries|user|password|http-user|http-password|ca-certificate|certificate|private-key|load-cookies|save-cookies|wait|directory-prefix)$/

function fromWget(words: readonly string[]): string[] {
  const sent: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (!/^--?[a-zA-Z]/.test(word)) sent.push('--url', word)
    else {
      // Letters can be combined, as in -qO-. The first one with a value takes the rest of the word.
      const [, letter, rest] = /^-[^-OoePaitTwQlARDIXBU]*([OoePaitTwQlARDIXBU])(.*)$/s.exec(word) ?? []
      const [, long = word, after] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? []
      const name = letter === undefined ? long : `-${letter}`
      const inline = after ?? (rest || undefined)
      const option = wgetOptions[name]
      const hasValue = option !== undefined || wgetValues.test(name) || letter !== undefined
      const value = inline ?? (hasValue ? words[++at] : undefined)
      if (option !== undefined && value === undefined)
        throw new RequestError(`it ends after ${name}, which needs a value`)
      if (option !== undefined) sent.push(option[0], `${option[1] ?? ''}${value}`)
    }
  }
  return sent
}
