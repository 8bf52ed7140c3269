import { UsageError } from '../exit.ts'
import { didYouMean } from '../nearest.ts'
import { isCmdCommand, splitCmdWords } from './cmd-words.ts'
import { CurlData, type ReadFile } from './curl-data.ts'
import { type CurlEffect, longOptions, shortOptions, takesValue } from './curl-options.ts'
import { checkRequest, type GivenRequest, splitUrl } from './request.ts'
import { splitShellWords } from './shell-words.ts'

const from = 'The curl command'

/**
 * Finds the curl command in pasted text. It skips earlier lines, prompts and colours. It returns
 * `undefined` if the text has no curl command.
 */
export function findCurl(pasted: string): string | undefined {
  const text = pasted
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals add these sequences for colours and pasting
    .replace(/\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g, '')
    .replace(/^\ufeff/, '')
  const prompt = /^[ \t]*(?:[^\n'"]{0,200}?[$#%>❯➜»][ \t]+)?(?:[A-Z_]+=\S*[ \t]+)*(curl(?:\.exe)?[ \t\\^])/m
  const match = prompt.exec(text)
  if (match === null) return undefined
  const command = text.slice(match.index + match[0].length - (match[1]?.length ?? 0))
  // bash and zsh show a second prompt before each continuation line.
  return command.replace(/(\\\r?\n)(?:> |(?:quote|dquote|cmdand)> )/g, '$1')
}

/** @throws UsageError unless the text has one complete request. It throws no other error. */
export function parseCurl(pasted: string, readFile?: ReadFile): GivenRequest {
  const command = findCurl(pasted)
  if (command === undefined) throw new UsageError('There is no curl command in the text.')
  const words = isCmdCommand(command) ? splitCmdWords(command) : splitShellWords(command)
  const request = new CurlRequest(readFile)
  for (const { effect, value, name } of readOptions(words.slice(1))) request.apply(effect, value, name)
  return checkRequest(request.build(), from)
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
    else if (word === '--next') throw new UsageError(`${from} makes several requests (--next); paste only one.`)
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
  if (word === undefined) throw new UsageError(`${from} ends after ${name}, which needs a value.`)
  return word
}

function unknownOption(name: string): UsageError {
  const shown = /^--?[\w.#:-]{1,40}$/.test(name) ? ` ${name}` : ''
  return new UsageError(
    `${from} has an unknown option${shown}.${didYouMean(name.replace(/^-+/, ''), [...longOptions.keys()], '--')}`,
  )
}

class CurlRequest {
  readonly #headers: [string, string][] = []
  readonly #removed = new Set<string>()
  readonly #urls: string[] = []
  readonly #data: CurlData
  #method: string | undefined
  #get = false
  #head = false
  #json = false

  constructor(readFile: ReadFile | undefined) {
    this.#data = new CurlData(readFile)
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
        this.#headers.push(['authorization', `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(value)))}`])
      },
      'user-agent': (value) => void this.#headers.push(['user-agent', value]),
      referer: (value) => void this.#headers.push(['referer', value]),
      cookie: (value) => void this.#headers.push(['cookie', value]),
      url: (value) => void this.#urls.push(value),
      'url-query': () => refuse('--url-query is not supported; write the query into the URL'),
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
    if (match === null) throw new UsageError(`${from} has a header without a name or without a colon.`)
    if (colon !== undefined && value.trim() === '') this.#removed.add(name.toLowerCase())
    else this.#headers.push([name, value.trim()])
  }

  build(): GivenRequest {
    const [given, ...others] = this.#urls
    if (given === undefined) throw new UsageError(`${from} has no URL.`)
    if (others.length > 0) throw new UsageError(`${from} has ${this.#urls.length} URLs; is a value missing its quotes?`)
    const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `http://${given}`
    const data = this.#data.bytes
    if (data === undefined || this.#get)
      return this.#finish(this.#head ? 'HEAD' : 'GET', data === undefined ? url : appendQuery(url, data), undefined)
    return this.#finish('POST', url, data)
  }

  #finish(method: string, url: string, body: Uint8Array | undefined): GivenRequest {
    const has = (name: string): boolean =>
      this.#removed.has(name) || this.#headers.some(([each]) => each.toLowerCase() === name)
    const headers = [...this.#headers]
    if (body !== undefined && !has('content-type'))
      headers.push(['content-type', this.#json ? 'application/json' : 'application/x-www-form-urlencoded'])
    const authority = splitUrl(url)?.authority
    if (authority !== undefined && !has('host')) headers.push(['host', authority])
    return { method: this.#method ?? method, url, headers, body }
  }
}

/** Does what -G does. curl 8 writes escapes in the data, but not in the URL, in lower case. */
function appendQuery(url: string, data: Uint8Array): string {
  const base = url.replace(/#.*$/s, '')
  const query = new TextDecoder().decode(data).replace(/%[0-9a-f]{2}/gi, (escaped) => escaped.toLowerCase())
  if (query === '') return base
  return base + (/[?&]$/.test(base) ? '' : base.includes('?') ? '&' : '?') + query
}

function refuse(why: string): never {
  throw new UsageError(`${from}: ${why}.`)
}
