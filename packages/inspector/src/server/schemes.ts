import type { Exchange, Route } from '@tollgate/gateway'
import { createVerifier, type Verifier, type VerifierOptions } from 'tollgate'
import { diagnose, diagnoseSendGrid } from 'tollgate/diagnose'
import { findHeader } from 'tollgate/requests'
import { createSendGridVerifier, type SendGridVerifierOptions } from 'tollgate/sendgrid'
import type { Capture, HeaderList, SigningPart } from '../shared/capture.ts'
import type { Diagnose } from './explainer.ts'
import { isJson, nameTwilioKind } from './read-capture.ts'
import { listTwilioParts } from './signing-of-capture.ts'

/** The name of a scheme, as the gateway's routes have it. */
type SchemeName = NonNullable<Route['scheme']>

interface SchemeOptions {
  twilio: VerifierOptions
  sendgrid: SendGridVerifierOptions
}

/** The options of each scheme's verifier. A scheme without options verifies no import. */
export type OptionsByScheme = { readonly [S in SchemeName]: SchemeOptions[S] | undefined }

interface Scheme<O = never> {
  /** Its signature, by which an imported request is recognised. */
  readonly header: string
  /** Creates a verifier for copies, which are not deliveries: a replay guard must not see them. */
  createVerifier(options: O): Verifier<NonNullable<Exchange['verdict']>>
  readonly diagnose: Diagnose
  /** Returns the kind of webhook, or `undefined` if it is unknown. */
  nameKind(capture: Pick<Capture, 'method' | 'target' | 'headers' | 'body'>): string | undefined
  /** Lists the signed parts of a request. */
  listSigningParts(capture: Capture): readonly SigningPart[]
}

const timestampHeader = 'x-twilio-email-event-webhook-timestamp'

/** Every scheme. To add one, add a row. */
export const schemes: { readonly [S in SchemeName]: Scheme<SchemeOptions[S]> } = {
  twilio: {
    header: 'x-twilio-signature',
    createVerifier: (options) => createVerifier({ ...options, mode: 'enforce', replay: undefined }),
    diagnose,
    nameKind: nameTwilioKind,
    listSigningParts: listTwilioParts,
  },
  sendgrid: {
    header: 'x-twilio-email-event-webhook-signature',
    createVerifier: (options) => createSendGridVerifier({ ...options, replay: undefined }),
    async diagnose(request, { otherHosts: _, onRejected: _o, ...options }) {
      return { ...(await diagnoseSendGrid(request, options as SendGridVerifierOptions)), urlForms: [] }
    },
    nameKind: (capture) => (isJson(capture) ? 'sendgrid.events' : 'sendgrid.mail'),
    listSigningParts: ({ headers, body = '' }) => [
      { text: findHeader(headers, timestampHeader) ?? '', from: 'timestamp' },
      { text: body, from: 'body' },
    ],
  },
}

/** Returns the scheme of a request that no route has seen: the one whose signature it has. */
export function guessScheme(headers: HeaderList): SchemeName {
  const names = Object.keys(schemes) as SchemeName[]
  return names.find((name) => findHeader(headers, schemes[name].header) !== undefined) ?? 'twilio'
}

/** Creates the verifiers for imported requests. A scheme without options has none. */
export function createImportVerifiers(
  options: OptionsByScheme,
): ReadonlyMap<SchemeName, ReturnType<Scheme['createVerifier']> | undefined> {
  const create = <S extends SchemeName>(name: S) => options[name] && schemes[name].createVerifier(options[name])
  return new Map((Object.keys(schemes) as SchemeName[]).map((name) => [name, create(name)]))
}
