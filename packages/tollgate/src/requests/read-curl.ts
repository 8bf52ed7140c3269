import { encodeUtf8 } from '../bytes.ts'
import { CurlData, type ReadFile } from './curl-data.ts'
import { type CurlEffect, longOptions, nameLikeOption, shortOptions, takesValue } from './curl-options.ts'
import { nameLine, RequestError, type RequestErrorKind } from './error.ts'
import { readNotes } from './notes.ts'
import { checkRequest, fromLatin1, type RecordedRequest, splitUrl, toLatin1 } from './request.ts'
import { splitShellWords } from './shell-words.ts'
import { unknownHost } from './write-curl.ts'

interface FoundCurl {
  readonly command: string
  /** The place of the command in the text. */
  readonly position: string
  /** The text that `printf` writes to the command. */
  readonly piped: string | undefined
  /** The comments before the command. */
  readonly notes: readonly string[]
}

/**
 * Finds the curl command in pasted text. It skips earlier lines, prompts and colours. It returns
 * `undefined` if the text has no curl command.
 */
export function findCurl(pasted: string): FoundCurl | undefined {
  const text = pasted.includes('\x1b') ? dropEscapes(pasted) : pasted
  // Each part is limited, or cannot match in two ways: the time is linear in the length of the
  // text.
  const prompt =
    /^(?:[ \t]*|[^\n'"]{0,200}?[$#%>❯➜»][ \t]{1,20})(?:[A-Z_]{1,100}=\S{0,1000}[ \t]{1,20}){0,20}(?:printf '([^'\n]*)' \| )?(curl(?:\.exe)?[ \t\\`])/m
  const match = prompt.exec(text)
  if (match === null) return undefined
  const [all, piped, name = ''] = match
  const start = match.index + all.length - name.length
  return {
    // bash and zsh show a second prompt before each continuation line.
    command: text.slice(start).replace(/(\\\r?\n)(?:> |(?:quote|dquote|cmdand)> )/g, '$1'),
    position: nameLine(text, start),
    piped,
    notes: text
      .slice(0, match.index)
      .split(/\r?\n/)
      .filter((line) => line.startsWith('# ')),
  }
}

/** Removes the sequences that terminals add for colours and pasting. */
function dropEscapes(text: string): string {
  const [first = '', ...rest] = text.split('\x1b')
  return first + rest.map(dropSequence).join('')
}

function dropSequence(part: string): string {
  if (!part.startsWith(']')) return part.replace(/^(?:\[[0-9;?]*[ -/]*[@-~]|\\)/, '')
  const bell = part.indexOf('\x07')
  return bell === -1 ? '' : part.slice(bell + 1)
}

/**
 * Reads a command. It never runs or looks up anything.
 * @throws RequestError unless the text has one complete request
 */
export function readCurl(pasted: string, readFile?: ReadFile): RecordedRequest {
  const found = findCurl(pasted)
  if (found === undefined) throw new RequestError('there is no curl command')
  const { command, position, notes, piped } = found
  try {
    if (/^curl(?:\.exe)?[ \t]{1,9}(?:\^"|"[^"\n]{1,8000}"[ \t]{1,9}\^\r?$)/m.test(command.slice(0, 8100)))
      refuse('it was copied for cmd; copy it as cURL (bash)')
    const words = splitShellWords(command)
    const input = piped === undefined ? undefined : readPrintf(piped)
    const request = new CurlRequest(new CurlData(readFile, input))
    for (const { effect, value, name } of readOptions(words.slice(1))) request.apply(effect, value, name)
    return checkRequest(addNotes(request.build(), notes))
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    throw new RequestError(error.reason, {
      kind: error.kind,
      position: error.position ?? position,
      incomplete: error.incomplete,
    })
  }
}

/** Reads the format of `printf`, which knows `%%`, `\\` and octal numbers here. */
function readPrintf(format: string): Uint8Array {
  const text = format.replace(/\\([0-7]{1,3})|\\\\|%%/g, (all, octal?: string) =>
    octal === undefined ? all.charAt(0) : String.fromCharCode(Number.parseInt(octal, 8) & 255),
  )
  return /[^\0-\xff]/.test(text) ? encodeUtf8(text) : fromLatin1(text)
}

function addNotes(request: RecordedRequest, lines: readonly string[]): RecordedRequest {
  const { leftOut, url, bodyLost: _, ...marks } = readNotes(lines)
  const sent = request.headers.filter(([name, value]) => name !== 'host' || value !== unknownHost)
  const headers = [...sent, ...leftOut.map(({ name, value }) => [name, value] as const)]
  return { ...request, ...marks, url: url ?? request.url, headers }
}

interface CurlOption {
  readonly effect: CurlEffect
  readonly name: string
  readonly value: string
}

function* readOptions(words: readonly string[]): Generator<CurlOption> {
  let onlyUrls = false
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    if (onlyUrls || !/^-./.test(word)) yield { effect: 'url', name: '--url', value: word }
    else if (word === '--') onlyUrls = true
    else if (word === '--next') throw new RequestError('it makes several requests (--next); only one can be read')
    else if (word.startsWith('--')) {
      const effect = longOptions.get(word.slice(2))
      if (effect === undefined) throw unknownOption(word)
      yield { effect, name: word, value: takesValue(effect) ? takeValue(words[++i], word) : '' }
    } else {
      // Letters can be combined, as in -sSX. The first one with a value takes the rest of the word.
      for (let at = 1; at < word.length; at++) {
        const name = `-${word[at]}`
        const effect = shortOptions.get(name.slice(1))
        if (effect === undefined) throw unknownOption(name)
        if (!takesValue(effect)) {
          yield { effect, name, value: '' }
          continue
        }
        const rest = word.slice(at + 1)
        yield { effect, name, value: rest === '' ? takeValue(words[++i], name) : rest }
        break
      }
    }
  }
}

function takeValue(word: string | undefined, name: string): string {
  if (word === undefined) throw new RequestError(`it ends after ${name}, which needs a value`)
  return word
}

function unknownOption(name: string): RequestError {
  // Other words may be secrets.
  if (!/^--?[a-z.-]{1,40}$/i.test(name)) return new RequestError('it has an unknown option')
  const near = nameLikeOption(name)
  return new RequestError(`it has an unknown option, ${name}${near === undefined ? '' : `; did you mean ${near}?`}`)
}

class CurlRequest {
  readonly #headers: [string, string][] = []
  readonly #removed = new Set<string>()
  readonly #urls: string[] = []
  readonly #data: CurlData
  #userinfo: string | undefined
  #method: string | undefined
  #target: string | undefined
  #get = false
  #head = false
  #json = false

  constructor(data: CurlData) {
    this.#data = data
  }

  apply(effect: CurlEffect, value: string, name: string): void {
    if (effect === 'value' || effect === 'ignore') return
    this.#effects[effect](value, name)
  }

  readonly #effects: Readonly<Record<Exclude<CurlEffect, 'value' | 'ignore'>, (value: string, name: string) => void>> =
    {
      header: (value) => this.#addHeader(value),
      data: (value) => this.#data.add(value, 'text'),
      'data-raw': (value) => this.#data.add(value, 'raw'),
      'data-binary': (value) => this.#data.add(value, 'binary'),
      'data-urlencode': (value) => this.#data.addEncoded(value),
      json: (value) => {
        this.#json = true
        this.#data.add(value, 'json')
      },
      request: (value) => {
        this.#method = value
      },
      user: (value) => {
        this.#userinfo = value
      },
      'user-agent': (value) => this.#setHeader('user-agent', value),
      referer: (value) => this.#setHeader('referer', value),
      cookie: (value) => this.#setHeader('cookie', value),
      url: (value) => void this.#urls.push(value),
      'url-query': () => refuse('--url-query is not supported; write the query into the URL'),
      'request-target': (value) => {
        this.#target = value
      },
      get: () => {
        this.#get = true
      },
      head: () => {
        this.#head = true
      },
      multipart: (_value, name) =>
        refuse(`${name} sends a multipart form. Twilio sends only urlencoded forms (--data) and JSON`),
      upload: (_value, name) => refuse(`${name} uploads a file with PUT. Twilio sends only GET and POST`),
      refused: (_value, name) => refuse(`${name} reads the request from another source; write it into the command`),
    }

  /** In curl, "name:" removes a header and "name;" sends an empty one. */
  #addHeader(line: string): void {
    if (line.startsWith('@')) refuse('-H @file reads headers from a file; write them into the command')
    const match = /^([^:;\s]+)[ \t]*(?:(:)(.*)|;\s*)$/s.exec(line)
    const [, name = '', colon, value = ''] = match ?? []
    if (match === null) refuse('it has a header without a name or without a colon')
    if (colon !== undefined && value.trim() === '') this.#removed.add(name.toLowerCase())
    else this.#setHeader(name, value.trim())
  }

  /** A command is UTF-8, and curl sends its bytes. */
  #setHeader(name: string, value: string): void {
    this.#headers.push([name, toLatin1(encodeUtf8(value))])
  }

  build(): RecordedRequest {
    const [given, ...others] = this.#urls
    if (given === undefined) refuse('it has no URL', 'url')
    if (others.length > 0) refuse(`it has ${this.#urls.length} URLs; is a value missing its quotes?`)
    const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `http://${given}`
    const data = this.#data.join()
    if (data === undefined || this.#get)
      return this.#finish(this.#head ? 'HEAD' : 'GET', data === undefined ? url : appendQuery(url, data), undefined)
    return this.#finish('POST', url, data)
  }

  #finish(method: string, url: string, body: Uint8Array | undefined): RecordedRequest {
    const names = new Set(this.#headers.map(([name]) => name.toLowerCase()))
    const has = (name: string): boolean => this.#removed.has(name) || names.has(name)
    const headers = [...this.#headers]
    if (body !== undefined && !has('content-type'))
      headers.push(['content-type', this.#json ? 'application/json' : 'application/x-www-form-urlencoded'])
    const parts = splitUrl(url)
    const userinfo = this.#userinfo ?? decodeUserinfo(parts?.userinfo.slice(0, -1) ?? '')
    if (userinfo !== '' && !has('authorization'))
      headers.push(['authorization', `Basic ${btoa(toLatin1(encodeUtf8(userinfo)))}`])
    if (parts !== undefined && !has('host')) headers.push(['host', parts.authority])
    const sent = this.#target?.startsWith('/') && parts !== undefined ? parts.origin + this.#target : url
    return { method: this.#method ?? method, url: sent, headers, body }
  }
}

/** curl sends the userinfo of the URL as credentials. */
function decodeUserinfo(userinfo: string): string {
  try {
    return decodeURIComponent(userinfo)
  } catch {
    return userinfo
  }
}

/** Does what -G does. curl 8 writes escapes in the data, but not in the URL, in lower case. */
function appendQuery(url: string, data: Uint8Array): string {
  const base = url.replace(/#.*$/s, '')
  const query = new TextDecoder().decode(data).replace(/%[0-9a-f]{2}/gi, (escaped) => escaped.toLowerCase())
  if (query === '') return base
  return base + (/[?&]$/.test(base) ? '' : base.includes('?') ? '&' : '?') + query
}

function refuse(why: string, kind?: RequestErrorKind): never {
  throw new RequestError(why, { kind })
}
