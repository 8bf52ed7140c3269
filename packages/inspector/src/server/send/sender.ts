import type { ResignInput, SendInput, SendResult } from '../../shared/api.ts'
import type { Capture } from '../../shared/capture.ts'
import { type Delivery, deliver } from './deliver.ts'
import { Outbox, type Sent } from './outbox.ts'
import { InputError, makeReplay, makeResigned, makeTestRequest } from './requests.ts'

/** Where requests are sent, and what signs them. */
export interface SenderOptions {
  readonly publicUrls: readonly string[]
  readonly gatewayUrl: string | undefined
  /** Made for this run, accepted by the gateway beside the real one. */
  readonly throwAwayToken: string
  /** Only where the user allowed it. */
  readonly realToken: string | undefined
  /** The account that test webhooks name, where only certain ones are allowed. */
  readonly accountSid: string | undefined
}

const seenWithinMs = 2_000
const expectedForMs = 60_000

/** Sends requests from the page to the gateway and tells which capture each became. */
export class Sender {
  readonly outbox = new Outbox()
  readonly #options: () => SenderOptions

  constructor(options: () => SenderOptions) {
    this.#options = options
  }

  send(input: SendInput): Promise<SendResult> {
    const { publicUrls, accountSid } = this.#options()
    const key = this.#chooseKey(input.useRealToken)
    return this.#deliver(makeTestRequest(input, publicUrls, key, accountSid), {
      origin: 'test',
      ...(!input.spoofed && { signedWith: key.signedWith }),
    })
  }

  replay(capture: Capture): Promise<SendResult> {
    return this.#deliver(makeReplay(capture), { origin: 'replayed', signedWith: capture.signedWith })
  }

  resign(capture: Capture, input: ResignInput): Promise<SendResult> {
    const { publicUrls } = this.#options()
    const { signedWith, authToken } = this.#chooseKey(input.useRealToken)
    return this.#deliver(makeResigned(capture, input, publicUrls, { authToken }), { origin: 're-signed', signedWith })
  }

  #chooseKey(real = false) {
    const { throwAwayToken, realToken } = this.#options()
    if (!real) return { authToken: throwAwayToken, signedWith: 'throw-away' as const }
    if (realToken === undefined)
      throw new InputError('The real Auth Token signs only in a run that was started with --sign-with-real-token.')
    return { authToken: realToken, signedWith: 'real' as const }
  }

  async #deliver(delivery: Delivery, sent: Sent): Promise<SendResult> {
    const { gatewayUrl } = this.#options()
    if (gatewayUrl === undefined) throw new InputError('There is no gateway to send to.')
    const { id, withdraw } = this.outbox.expect(delivery, sent)
    try {
      const status = await deliver(gatewayUrl, delivery)
      return { status, id: await within(id, seenWithinMs) }
    } catch (error) {
      throw new InputError(`The gateway did not answer: ${error instanceof Error ? error.message : 'unknown error'}.`)
    } finally {
      // The gateway may report it later than it answers; until then it must not be taken for one from elsewhere.
      setTimeout(withdraw, expectedForMs).unref()
    }
  }
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
