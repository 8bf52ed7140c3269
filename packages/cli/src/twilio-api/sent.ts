import { UsageError } from '../exit.ts'
import { ApiError, isObject, type TwilioApi, toCommandError } from './client.ts'

/** One webhook as Twilio sent it, from Twilio's own record. */
export interface Sent {
  readonly method: string
  readonly url: string
  readonly params: readonly (readonly [name: string, value: string])[]
  /** Only if the record holds the header. */
  readonly signature: string | undefined
  /** False if the record may write the names of the parameters in another way. */
  readonly namesAreExact: boolean
  /** Describes the record: its id, date and error. */
  readonly about: string
}

/** A failed webhook in the list of the account. */
export interface RecentAlert {
  readonly alert: string
  readonly date: string
  readonly error: string
  readonly method: string
  readonly url: string
}

/**
 * Reads an alert of Twilio's Monitor. https://www.twilio.com/docs/usage/monitor-alert
 * @throws UsageError if there is no such alert, or if it is not about a webhook
 */
export async function readAlert(api: TwilioApi, sid: string): Promise<Sent> {
  if (!/^NO[0-9a-f]{32}$/i.test(sid))
    throw new UsageError(
      '--alert needs the id of an alert or a call: NO or CA, and 32 hex digits. A file comes before it.',
    )
  const alert = await ask(sid, () => api.get('monitor', `/v1/Alerts/${sid}`))
  const [url, error, date] = [
    readText(alert, 'request_url'),
    readText(alert, 'error_code'),
    readText(alert, 'date_created'),
  ]
  if (!isWebhook(url))
    throw new UsageError(
      `${sid} is not an alert of a webhook, but of error ${error || 'unknown'}${url === '' ? ', without a request' : ", a request to Twilio's API"}.`,
    )
  const method = readText(alert, 'request_method').toUpperCase() || 'POST'
  const variables = readText(alert, 'request_variables')
  const isForm = !/^\s*[{[]/.test(variables)
  return {
    method,
    // The parameters of a GET are in its query.
    url: method === 'GET' && isForm && variables !== '' && !url.includes('?') ? `${url}?${variables}` : url,
    params: isForm ? [...new URLSearchParams(variables)] : [],
    signature: findSignature(readText(alert, 'request_headers')),
    namesAreExact: true,
    about: [sid, date, error && `error ${error}`].filter((text) => text !== '').join(', '),
  }
}

/**
 * Reads the webhooks of a call, and returns the last that failed, or else the last.
 * https://www.twilio.com/docs/voice/api/call-event-resource
 */
export async function readFailedOfCall(api: TwilioApi, accountSid: string, sid: string): Promise<Sent> {
  if (!/^CA[0-9a-f]{32}$/i.test(sid)) throw new UsageError('--alert needs 32 hex digits after CA, the id of a call.')
  const path = `/2010-04-01/Accounts/${accountSid}/Calls/${sid}/Events.json`
  const events = await ask(sid, () => api.list('api', path, 'events'))
  const webhooks = events
    .flatMap(({ request, response }) => {
      const url = readText(request, 'url')
      const [code, time] = [Number(readText(response, 'response_code')), Date.parse(readText(response, 'date_created'))]
      return isWebhook(url) ? [{ url, request, code, time: Number.isNaN(time) ? 0 : time }] : []
    })
    .sort((one, other) => one.time - other.time)
  if (webhooks.length === 0) throw new UsageError(`${sid} has no webhooks in its events.`)
  const failed = webhooks.findLastIndex(({ code }) => code < 200 || code > 299)
  const at = failed === -1 ? webhooks.length - 1 : failed
  const { url = '', request, code = 0 } = webhooks[at] ?? {}
  const parameters = isObject(request) && isObject(request.parameters) ? Object.entries(request.parameters) : []
  return {
    method: readText(request, 'method').toUpperCase() || 'POST',
    url,
    params: parameters.map(([name, value]) => [toParameterName(name), String(value ?? '')]),
    signature: undefined,
    namesAreExact: false,
    about: `${sid}, webhook ${at + 1} of ${webhooks.length}, ${code === 0 ? 'no answer' : `answered ${code}`}`,
  }
}

/** Reads the last failed webhooks of the account, newest first. */
export async function listRecent(api: TwilioApi, most: number): Promise<readonly RecentAlert[]> {
  const alerts = await ask('The list of alerts', () =>
    api.list('monitor', '/v1/Alerts?PageSize=100', 'alerts', undefined, 1000),
  )
  return alerts
    .filter(
      (alert) =>
        /^NO[0-9a-f]{32}$/.test(readText(alert, 'sid')) &&
        isWebhook(readText(alert, 'request_url')) &&
        /^(11\d{3}|15003)$/.test(readText(alert, 'error_code')),
    )
    .map((alert) => ({
      alert: readText(alert, 'sid'),
      date: readText(alert, 'date_created'),
      error: readText(alert, 'error_code'),
      method: readText(alert, 'request_method'),
      url: readText(alert, 'request_url'),
    }))
    .sort((one, other) => (one.date < other.date ? 1 : one.date > other.date ? -1 : 0))
    .slice(0, most)
}

async function ask<T>(what: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (error) {
    const isUnknown = error instanceof ApiError && error.status === 404
    throw isUnknown ? new UsageError(`${what} is not in this account, or was deleted.`) : toCommandError(error, what)
  }
}

/** A request of a user's to Twilio's API is in the same lists. */
function isWebhook(url: string): boolean {
  return /^(https?|wss?):\/\//i.test(url) && !/^https?:\/\/([a-z0-9-]+\.)*twilio\.com([/:?]|$)/i.test(url)
}

function readText(holder: unknown, name: string): string {
  const value = isObject(holder) ? holder[name] : undefined
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** The events of a call write `CallSid` as `call_sid`. */
function toParameterName(name: string): string {
  return /^[a-z0-9]+(_[a-z0-9]+)*$/.test(name)
    ? name.replace(/(^|_)([a-z0-9])/g, (_, _before, letter: string) => letter.toUpperCase())
    : name
}

/** The form of `request_headers` is not documented, so the header is found by its name. */
function findSignature(headers: string): string | undefined {
  const text = headers.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return /x-twilio-signature["']?\s*[:=]\s*["']?([A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{27}=)/i.exec(text)?.[1]
}
