import type { Answer, VerifierOptions } from 'tollgate'

/** A mistake in the options that shows only when a request arrives, and the expected answers. */
interface Mistake {
  readonly options: () => Partial<VerifierOptions>
  readonly byFunction?: true
  /** Status of a forged request. */
  readonly forged: number
  /**
   * Status of a genuine request. The handler must run if the option plays no part in the verdict.
   */
  readonly genuine: number
}

const fail = (): never => {
  throw new Error('the function throws')
}
const reject = (): Promise<never> => Promise.reject(new Error('the function rejects'))
const brokenError = (): never => {
  throw Object.defineProperty(new Error('x'), 'message', { get: fail })
}
/** Passes a value that only a caller without types can write. */
const untyped = <T>(value: unknown): T => value as T

/** Sets an `onRejected` that returns this value, or is this function. */
function rejected(answer: unknown, forged = 500): Mistake {
  const onRejected = typeof answer === 'function' ? untyped<() => Answer>(answer) : () => untyped<Answer>(answer)
  return { options: () => ({ onRejected }), forged, genuine: 200 }
}

function header(name: string, value: unknown): Mistake {
  return rejected({ status: 418, headers: { [name]: value }, body: 'teapot' })
}

function option<K extends keyof VerifierOptions>(
  name: K,
  value: unknown,
  [forged, genuine]: readonly [number, number],
): Mistake {
  return { options: () => ({ [name]: value }), forged, genuine }
}

function given(options: () => unknown): Mistake {
  return { options: untyped<Mistake['options']>(options), byFunction: true, forged: 500, genuine: 500 }
}

export const mistakes = {
  'onRejected throws': rejected(fail),
  'onRejected throws undefined': rejected(() => {
    throw undefined
  }),
  'onRejected throws an error without a message': rejected(brokenError),
  'onRejected is asynchronous': rejected(async () => ({ status: 418 })),
  'onRejected rejects': rejected(reject),
  'onRejected returns null': rejected(null),
  'onRejected returns a string': rejected('teapot'),
  'onRejected returns a getter that throws': rejected({
    status: 418,
    get body() {
      return fail()
    },
  }),
  'onRejected returns the status 200': rejected({ status: 200 }),
  'onRejected returns the status 600': rejected({ status: 600 }),
  'onRejected returns a status as a string': rejected({ status: '418' }),
  'onRejected returns no status': rejected({ body: 'teapot' }),
  'onRejected returns a body that is an object': rejected({ status: 418, body: { error: 'teapot' } }),
  'onRejected returns a body that is a number': rejected({ status: 418, body: 1 }),
  'onRejected returns a header outside Latin-1': header('x-reason', 'the signed text …'),
  'onRejected returns a header with line breaks': header('x-reason', 'a\r\nx-injected: b'),
  'onRejected returns a header with NUL': header('x-reason', 'a\0b'),
  'onRejected returns a header whose name has a space': header('x reason', 'a'),
  'onRejected returns a header without a name': header('', 'a'),
  'onRejected returns a header that is undefined': header('x-reason', undefined),
  'onRejected returns a header that is an object': header('x-reason', {}),
  'onRejected returns headers that the server sets': rejected(
    {
      status: 418,
      headers: {
        'content-length': '1',
        'Transfer-Encoding': 'chunked',
        connection: 'upgrade',
        upgrade: 'h2c',
        trailer: 'x-a',
        te: 'trailers',
        'keep-alive': 'timeout=1',
      },
      body: 'teapot',
    },
    418,
  ),
  'onRejected returns unusual headers': rejected(
    { status: 599, headers: { 'content-type': '', 'x-odd': ' \t\u00ff ', __proto__: 'x' }, body: '\ud800' },
    599,
  ),
  'an options function that rejects': given(reject),
  'an options function that is asynchronous': given(async () => ({})),
  'signedUrl throws': option('signedUrl', fail, [403, 403]),
  'signedUrl rejects': option('signedUrl', reject, [403, 403]),
  'signedUrl returns an object': option('signedUrl', () => ({}), [403, 403]),
  'onVerdict rejects': option('onVerdict', reject, [403, 200]),
  'diagnose throws': option('diagnose', { explain: fail }, [403, 200]),
  'diagnose rejects': option('diagnose', { explain: reject }, [403, 200]),
  'authToken throws': option('authToken', fail, [503, 503]),
  'authToken returns a number': option('authToken', () => 1, [503, 503]),
  'authToken never answers': {
    options: () => ({ authToken: () => new Promise<never>(() => undefined), lookupTimeoutMs: 20 }),
    forged: 503,
    genuine: 503,
  },
  'replay throws': option('replay', { reserve: fail }, [403, 503]),
  'replay rejects': option('replay', { reserve: reject }, [403, 503]),
  'replay returns nothing': option('replay', { reserve: () => undefined }, [403, 503]),
} as const satisfies Readonly<Record<string, Mistake>>
