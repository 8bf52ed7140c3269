import { decodeUtf8, encodeUtf8 } from '../bytes.ts'
import { isExport, listCaptures, readCapture, writeCaptures } from './capture.ts'
import type { ReadFile } from './curl-data.ts'
import { addSource, RequestError } from './error.ts'
import { findHeaders, findLoggedText, findRequest, hasSignedRequest } from './find-request.ts'
import { listHarEntries, readHarEntry, writeHar } from './har.ts'
import { parseJson } from './json.ts'
import {
  askTwilio,
  captureFields,
  createAdviser,
  describeUnsigned,
  findEvent,
  isExplanation,
  isLogLine,
  isRequestInspector,
  noSignature,
  readEvent,
  removeLinePrefix,
} from './logged.ts'
import { hasPrintedHeaders, readPrintedHeaders } from './printed.ts'
import { looksLikeRawHttp, readRawHttp, writeRawHttp } from './raw-http.ts'
import { findCurl, readCurl } from './read-curl.ts'
import { type RecordedRequest, toLatin1, toUtf8 } from './request.ts'
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
  /** Its name in a menu. */
  readonly label: string
  /** Describes it in messages, with its article. */
  readonly title: string
  /** Describes it in the help of a command. */
  readonly describe: string
  /** The media type and the ending of a file. */
  readonly type: string
  readonly extension: string
  /** True if a file holds several requests. */
  readonly hasSeveral: boolean
  /**
   * True if nothing in it acts in a terminal or a shell, where it may be pasted. A form without
   * escapes is `false`: it has the bytes of strangers as they are.
   */
  readonly isInert: boolean
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
   * Writes requests.
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
  if (items === undefined) throw new RequestError(`this is not ${what}`)
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

function writeOne(write: (request: RecordedRequest) => Uint8Array): NonNullable<RequestForm['write']> {
  return (requests) => {
    const [first, ...others] = requests
    if (first === undefined || others.length > 0) throw new TypeError('This form holds exactly one request')
    return write(first)
  }
}

/** The name of a form. */
export type FormName = 'raw' | 'function-event' | 'printed' | 'har' | 'capture' | 'curl'

/** The name of a form in which requests are written too. */
export type WrittenFormName = Exclude<FormName, 'function-event' | 'printed'>

/**
 * Every form of a request: how it is recognised, read and written. Marks survive in each that is
 * written. A form without a place for them has comments. What programs print is only read.
 */
export const requestForms: Readonly<Record<FormName, RequestForm>> = {
  raw: {
    label: 'raw HTTP',
    title: 'a raw HTTP request',
    describe: 'A raw HTTP request',
    type: 'message/http',
    extension: 'http',
    hasSeveral: false,
    isInert: false,
    recognizes: ({ bytes }) => looksLikeRawHttp(bytes),
    read: ({ bytes }, { scheme = 'https' }) => [readRawHttp(bytes, scheme)],
    write: writeOne(writeRawHttp),
  },
  'function-event': {
    label: 'function event',
    title: 'an event of a function',
    describe: 'An event of AWS Lambda (API Gateway, function URL, load balancer) or Azure Functions, from a log',
    type: 'application/json',
    extension: 'json',
    hasSeveral: false,
    isInert: false,
    recognizes: ({ text }) => findEvent(text) !== undefined,
    read: ({ text }) => [readEvent(findEvent(text))],
  },
  printed: {
    label: 'printed headers',
    title: 'printed headers',
    describe: 'What console.log(req.method, req.originalUrl, req.headers, req.body) printed',
    type: 'text/plain',
    extension: 'txt',
    hasSeveral: false,
    isInert: false,
    // A request as JSON has a form of its own.
    recognizes: ({ text, whole }) =>
      whole === undefined ? hasPrintedHeaders(text) : findHeaders(whole.value) === whole.value,
    read: ({ text }, { scheme = 'https' }) => [readPrintedHeaders(text, scheme)],
  },
  har: {
    label: 'HAR',
    title: 'a HAR file',
    describe: 'A HAR file; if it has several entries, choose one with --entry',
    type: 'application/json',
    extension: 'har',
    hasSeveral: true,
    isInert: true,
    recognizes: (source) => source.isJson && listHarEntries(source.json) !== undefined,
    read: ({ json }) => readEach(listHarEntries(json), 'a HAR file: it has no log.entries', readHarEntry),
    write: writeHar,
  },
  capture: {
    label: 'JSON',
    title: 'a request as JSON',
    describe: "A request as JSON, { method, url, headers, body }, a log with one, or the inspector's export",
    type: 'application/json',
    extension: 'json',
    hasSeveral: true,
    isInert: true,
    recognizes: ({ isJson }) => isJson,
    read: ({ json }, { scheme, isCompared }) =>
      readEach(listCaptures(json), `a request, which needs ${captureFields}; ${askTwilio}`, (item) =>
        readCapture(item, scheme, isExport(json), isCompared),
      ),
    write: writeCaptures,
  },
  curl: {
    label: 'curl',
    title: 'a curl command',
    describe: "A curl command for bash, as browsers, Postman and Twilio's console copy it",
    type: 'text/x-shellscript',
    extension: 'sh',
    hasSeveral: false,
    isInert: true,
    recognizes: ({ text }) => findCurl(text) !== undefined,
    read: ({ text }, { readFile }) => [readCurl(text, readFile)],
    write: writeOne(writeCurl),
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
  const suggest = createSuggester(given, options)
  try {
    const source = openLogged(openSource(toUtf8(typeof given === 'string' ? encodeUtf8(given) : given)))
    const form = options.form ?? detectForm(source)
    const requests = requestForms[form].read(source, options)
    const isNumbered = requests.length > 1
    const name = (one: RecordedRequest | RequestError, index: number): RecordedRequest | RequestError =>
      nameEntry(one instanceof RequestError ? suggest(one) : one, from, isNumbered ? index : undefined)
    const { title } = requestForms[form]
    const [first] = requests
    const note = first instanceof RequestError ? undefined : first?.copyNote
    return { form, title: note === undefined ? title : `${title}, ${note}`, requests: requests.map(name) }
  } catch (error) {
    throw addSource(error instanceof RequestError ? suggest(error) : error, from)
  }
}

/** Says what helps with a refusal. The text is searched once: thousands of its entries may be refused. */
function createSuggester(
  given: string | Uint8Array,
  { isCompared }: ReadRequestsOptions,
): (error: RequestError) => RequestError {
  let found: { readonly variable: string | undefined; readonly advise: (reason: string) => string } | undefined
  return (error) => {
    found ??= readAdvice(typeof given === 'string' ? given : decodeUtf8(given), isCompared)
    const { variable, advise } = found
    if (variable !== undefined && error.kind === 'url')
      return new RequestError(`{{${variable}}} is a variable; write its value in its place`, error)
    const hasNoAdvice = error.kind === 'not_json' || error.kind === 'cut_off'
    const reason = advise(hasNoAdvice ? `${error.reason}; ${askTwilio}` : error.reason)
    return reason === error.reason ? error : new RequestError(reason, error)
  }
}

function readAdvice(text: string | undefined, isCompared: boolean | undefined) {
  const [, variable] = /\{\{(\$?[\w.-]{1,60})\}\}/.exec(text ?? '') ?? []
  return { variable, advise: createAdviser(text, isCompared) }
}

function nameEntry(
  one: RecordedRequest | RequestError,
  from: string,
  index: number | undefined,
): RecordedRequest | RequestError {
  if (!(one instanceof RequestError)) return one
  return addSource(one, from, index === undefined ? undefined : `entry ${index + 1}`) as RequestError
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
  let text: string | undefined
  let json: { readonly value: unknown } | RequestError | undefined
  return {
    bytes,
    get text() {
      text ??= decodeUtf8(bytes)
      if (text === undefined) throw new RequestError('this is not UTF-8 text')
      return text
    },
    get isJson() {
      const first = bytes.find((byte) => ![9, 10, 13, 32].includes(byte))
      return first === 0x7b || (first === 0x5b && !isLogLine(toLatin1(bytes.subarray(0, 500))))
    },
    get json() {
      json ??= parseLog(this.text)
      if (json instanceof RequestError) throw json
      return json.value
    },
    get whole() {
      if (!this.isJson || decodeUtf8(bytes) === undefined) return undefined
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
      const value = lines.map(parseJson)
      const isRequest = value.some((line) => findRequest(line) !== undefined) || findLoggedText(value) !== undefined
      return isRequest
        ? { value }
        : new RequestError(`no line has a request, which needs ${captureFields}; ${askTwilio}`)
    } catch {
      return error
    }
  }
}

function detectForm(source: Source): FormName {
  const names = Object.keys(requestForms) as FormName[]
  const found = names.find((name) => requestForms[name].recognizes(source))
  if (found !== undefined) return found
  if (isExplanation(source.text))
    throw new RequestError(
      'this is the explanation of a refusal; npx @tollgate/cli diagnose --last reads the request that was refused',
    )
  if (isRequestInspector(source.text)) throw new RequestError(noSignature)
  const unsigned = describeUnsigned(source.text)
  if (unsigned !== undefined) throw new RequestError(unsigned)
  throw new RequestError(unreadable, { kind: 'unknown_form' })
}

/** One sentence for every text that is no request. */
const unreadable = `this is no request; copy it with its headers, as a curl command (bash), HAR, raw HTTP or JSON, or use --last; ${askTwilio}`

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
