import { decodeUtf8, encodeUtf8 } from '../bytes.ts'
import { isExport, listCaptures, writeCaptures } from './capture.ts'
import type { ReadFile } from './curl-data.ts'
import { addSource, RequestError } from './error.ts'
import { findHeaders, findLoggedText, hasSignedRequest, signatureName } from './find-request.ts'
import { listHarEntries, readHarEntry, writeHar } from './har.ts'
import { parseJson } from './json.ts'
import { captureFields, isOwn, readLogged } from './logged.ts'
import { hasPrintedHeaders, readPrintedHeaders } from './printed.ts'
import { looksLikeRawHttp, readRawHttp } from './raw-http.ts'
import { findCurl, readCurl } from './read-curl.ts'
import { type RecordedRequest, toUtf8 } from './request.ts'
import { writeCurl } from './write-curl.ts'

/** A text with requests. Its parts are decoded when a reader asks for them. */
export interface Source {
  readonly bytes: Uint8Array
  /** @throws RequestError if the bytes are not UTF-8 */
  readonly text: string
  /** True if the text begins like JSON. */
  readonly isJson: boolean
  /** @throws RequestError if the text is not JSON */
  readonly json: unknown
  /** The JSON, if the whole text is an object or a list, or if each line is. */
  readonly whole: { readonly value: unknown } | undefined
}

/** Options of `readRequests`. */
export interface ReadRequestsOptions {
  /** The form. Default: detected. */
  readonly form?: FormName | undefined
  /** Names the source in errors. Default `'The text'`. */
  readonly from?: string | undefined
  /** The scheme of a raw request, which names none. Default `'https'`. */
  readonly scheme?: string | undefined
  /** Reads a file that a curl command names with `@`. Default: such a command is refused. */
  readonly readFile?: ReadFile | undefined
  /**
   * True if the request is compared with Twilio's record of it. A line of a log then needs no headers.
   * Default false.
   */
  readonly isCompared?: boolean | undefined
}

/** A form in which requests are written. To add one, add a row. */
export interface RequestForm {
  /** Describes it in messages, with its article. */
  readonly title: string
  /** Describes it in the help of a command. */
  readonly describe: string
  /** True if a file holds several requests. */
  readonly hasSeveral: boolean
  /**
   * Says if a text has this form. Rows are asked in their order.
   *
   * @param source the text. Nothing of it was checked.
   */
  recognizes(source: Source): boolean
  /**
   * Reads each request of a text.
   *
   * @param source the text. Nothing of it was checked.
   * @throws RequestError if it has not this form
   */
  read(source: Source, options: ReadRequestsOptions): readonly (RecordedRequest | RequestError)[]
  /**
   * Writes requests, as text that does nothing in a terminal or a shell where it is pasted by mistake.
   *
   * @param requests exactly one, unless `hasSeveral`
   */
  write?(requests: readonly RecordedRequest[]): Uint8Array
}

const mostEntries = 10_000

/** Reads each item of a list. A fault of one does not keep the others from being read. */
function readEach(
  items: readonly unknown[] | undefined,
  what: string,
  read: (item: unknown) => RecordedRequest,
): readonly (RecordedRequest | RequestError)[] {
  if (items === undefined) throw new RequestError(`this is not ${what}`, { kind: 'incomplete' })
  if (items.length > mostEntries) throw new RequestError(`it has more than ${mostEntries} entries`)
  return items.map((item) => {
    try {
      return read(item)
    } catch (error) {
      if (error instanceof RequestError) return error
      throw error
    }
  })
}

/** The name of a form. */
export type FormName = 'raw' | 'printed' | 'har' | 'capture' | 'curl'

/** The name of a form in which requests are written too. */
export type WrittenFormName = Exclude<FormName, 'raw' | 'printed'>

/**
 * Every form of a request: how it is recognised, read and written. Marks survive in each that is
 * written. A form without a place for them has comments. What programs print is only read.
 */
export const requestForms: Readonly<Record<FormName, RequestForm>> = {
  raw: {
    title: 'a raw HTTP request',
    describe: 'A raw HTTP request',
    hasSeveral: false,
    recognizes: ({ bytes }) => looksLikeRawHttp(bytes),
    read: ({ bytes }, { scheme = 'https' }) => [readRawHttp(bytes, scheme)],
  },
  printed: {
    title: 'a printed request',
    describe: 'What console.log printed: req.method, req.originalUrl, req.headers and req.body, or an event',
    hasSeveral: false,
    // A request as JSON has a form of its own.
    recognizes: ({ text, whole }) =>
      whole === undefined ? hasPrintedHeaders(text) : findHeaders(whole.value) === whole.value,
    read: ({ text }, { scheme = 'https' }) => [readPrintedHeaders(text, scheme)],
  },
  har: {
    title: 'a HAR file',
    describe: 'A HAR file; if it has several entries, choose one with --entry',
    hasSeveral: true,
    recognizes: (source) => source.isJson && listHarEntries(source.json) !== undefined,
    read: ({ json }) => readEach(listHarEntries(json), 'a HAR file: it has no log.entries', readHarEntry),
    write: writeHar,
  },
  capture: {
    title: 'a request as JSON',
    describe:
      "JSON: { method, url, headers, body }, a log or an event of a function with these, or the inspector's export",
    hasSeveral: true,
    recognizes: ({ isJson }) => isJson,
    read: ({ json }, options) =>
      readEach(listCaptures(json), `a request, which needs ${captureFields}`, (item) =>
        readLogged(item, { ...options, isOwn: isExport(json) || isOwn(item) }),
      ),
    write: writeCaptures,
  },
  curl: {
    title: 'a curl command',
    describe: "A curl command for bash, as browsers, Postman and Twilio's console copy it",
    hasSeveral: false,
    recognizes: ({ text }) => findCurl(text) !== undefined,
    read: ({ text }, { readFile }) => [readCurl(text, readFile)],
    write: (requests) => {
      const [first, ...others] = requests
      if (first === undefined || others.length > 0) throw new TypeError('This form holds exactly one request')
      return writeCurl(first)
    },
  },
}

/** The requests of a text, and their form. */
export interface ReadRequests {
  readonly form: FormName
  /** Describes what was read, with its article. */
  readonly title: string
  /** One item for each entry: the request, or the reason why it cannot be read. */
  readonly requests: readonly (RecordedRequest | RequestError)[]
}

/**
 * Reads the requests of a text: a file, or what was pasted. Everything in it may be hostile. The
 * time is linear in its length.
 *
 * @param given UTF-8, or UTF-16 with a byte order mark
 * @returns the form, and each request. An entry that cannot be read is an error, so that the others
 *   can be used.
 * @throws RequestError if the text has no form that is known, or not the form that `options` names
 */
export function readRequests(given: string | Uint8Array, options: ReadRequestsOptions = {}): ReadRequests {
  const from = options.from ?? 'The text'
  let advice: string | undefined
  const name = (error: unknown, part?: string): unknown => {
    if (!(error instanceof RequestError)) return error
    const isComplete = error.kind === 'malformed' || error.kind === 'url'
    // The text is searched once: thousands of its entries may be refused.
    advice ??= findAdvice((typeof given === 'string' ? given : decodeUtf8(given)) ?? '', options)
    return addSource(isComplete ? error : new RequestError(`${error.reason}; ${advice}`, error), from, part)
  }
  try {
    const source = openLogged(openSource(toUtf8(typeof given === 'string' ? encodeUtf8(given) : given)))
    const form = options.form ?? detectForm(source)
    const requests = requestForms[form].read(source, options)
    const { title } = requestForms[form]
    const [first] = requests
    const note = first instanceof RequestError ? undefined : first?.copyNote
    return {
      form,
      title: note === undefined ? title : `${title}, ${note}`,
      requests: requests.map((one, index) =>
        one instanceof RequestError
          ? (name(one, requests.length > 1 ? `entry ${index + 1}` : undefined) as RequestError)
          : one,
      ),
    }
  } catch (error) {
    throw name(error)
  }
}

const askTwilio =
  'you can also ask Twilio what it sent, without a copy: npx @tollgate/cli diagnose --alert, and then --alert NO…'

/** Says what helps if a copy lacks something. Twilio's alerts have no webhooks of SendGrid. */
function findAdvice(text: string, { isCompared }: ReadRequestsOptions): string {
  if (isCompared) return 'you can also give what it names, with --url'
  return /x-twilio-email-event-webhook-signature/i.test(text)
    ? 'copy the whole request of SendGrid, as a curl command or as raw HTTP with one header in a line'
    : askTwilio
}

/** Removes what terminals, logs and Markdown add to a text. Bytes that are no text have nothing of it. */
function removeDecoration(bytes: Uint8Array): Uint8Array {
  const text = decodeUtf8(bytes)
  if (text === undefined || looksLikeRawHttp(bytes)) return bytes
  const plain = removeLinePrefix(removeFence(removeColors(text)))
  return plain === text ? bytes : encodeUtf8(plain)
}

function removeColors(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's colours begin with one
  return text.replace(/\x1b\[[\d;]{0,20}m/g, '')
}

/** The lines around code in Markdown. */
function removeFence(text: string): string {
  const [first = '', ...lines] = text.trim().split('\n')
  return /^```\w*\r?$/.test(first) && lines.at(-1) === '```' ? lines.slice(0, -1).join('\n') : text
}

/** What a log has before each line: the name of a container, `[pod/x]`, or a time and a process. */
const linePrefix =
  /^(?:[\w.|-]{1,60}[ \t]{1,20}\| |\[[\w./-]{1,100}\] |(?:\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d)|[A-Z][a-z]{2} {1,2}\d{1,2} [\d:]{8} [\w.-]{1,60}) (?:[\w.-]{1,60}\[[\w.]{1,20}\]: )?)/

function removeLinePrefix(text: string): string {
  const lines = text.split('\n')
  const isPrefixed = lines.every((line) => line.trim() === '' || linePrefix.test(`${line} `))
  return isPrefixed ? lines.map((line) => `${line} `.replace(linePrefix, '').slice(0, -1)).join('\n') : text
}

/** Opens the text that a log in JSON holds, if the request is in it. */
function openLogged(source: Source): Source {
  const { whole } = source
  // An export names its requests. A header of one may hold a text that looks like another.
  const isRequest = isExport(whole?.value) || [whole?.value].flat().some(hasSignedRequest)
  const text = whole === undefined || isRequest ? undefined : findLoggedText(whole.value)
  return text === undefined ? source : openSource(encodeUtf8(text))
}

function openSource(given: Uint8Array): Source {
  const bytes = removeDecoration(given)
  const text = decodeUtf8(bytes)
  let json: { readonly value: unknown } | RequestError | undefined
  return {
    bytes,
    get text() {
      if (text === undefined) throw new RequestError('this is not UTF-8 text')
      return text
    },
    get isJson() {
      // A line of a log may begin with `[debug]`. A list has a value or its end behind the bracket.
      return /^\s*(?:\{|\[\s*(?:[[{"\]\d-]|null|true|false))/.test(text ?? '')
    },
    get json() {
      json ??= parseLog(this.text)
      if (json instanceof RequestError) throw json
      return json.value
    },
    get whole() {
      if (!this.isJson) return undefined
      json ??= parseLog(this.text)
      return json instanceof RequestError ? undefined : json
    },
  }
}

/** Parses JSON, or a log that has a request in lines of JSON. */
function parseLog(text: string): { readonly value: unknown } | RequestError {
  try {
    return { value: parseJson(text) }
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    if (lines.length < 2 || !lines.every((line) => /^\s*\{.*\}\s*$/.test(line))) return error
    try {
      return { value: lines.map(parseJson) }
    } catch {
      return error
    }
  }
}

function detectForm(source: Source): FormName {
  const names = Object.keys(requestForms) as FormName[]
  const found = names.find((name) => requestForms[name].recognizes(source))
  if (found !== undefined) return found
  // Twilio's Request Inspector and logs of parameters have no signature. A request that PHP or Ruby printed has one.
  const isUnsigned = /\b(?:Message|Call)Sid\b/.test(source.text) && !signatureName.test(source.text)
  throw new RequestError(isUnsigned ? unsigned : unreadable, { kind: 'unknown_form' })
}

const unsigned =
  "it has no X-Twilio-Signature, which Twilio's Request Inspector does not show, so nothing can be compared"
/** One sentence for every text that is no request. */
const unreadable =
  'no request is read in this form; copy it with its headers, as a curl command (bash), HAR, raw HTTP or JSON, or use --last'

/**
 * Writes requests in a form.
 *
 * @param form one of the names in `requestForms` that has `write`
 * @param requests exactly one, unless the form has `hasSeveral`
 * @throws TypeError for other than one request, if the form holds only one, and for a form that is
 *   only read
 */
export function writeRequests(form: WrittenFormName, requests: readonly RecordedRequest[]): Uint8Array {
  const { write } = requestForms[form]
  if (write === undefined) throw new TypeError('Requests are not written in this form')
  return write(requests)
}
