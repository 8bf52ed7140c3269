import type { VerifierOptions } from 'tollgate'
import type { Explanation } from '../shared/capture.ts'
import type { Diagnose } from './explain/explain.ts'
import type { StoreBounds } from './store.ts'

/** Why a request was refused, for a terminal. */
export interface Explained extends Explanation {
  /** The command that restarts the run with what is proven. */
  readonly restart?: string | undefined
}

/** The options of `createInspector`. */
export interface InspectorOptions {
  /** The page's port on 127.0.0.1. 0 means a free port. */
  readonly port: number
  /** Called with a new address of the page, when a browser asks for it after every address was used. */
  readonly onNewUrl?: ((url: string) => void) | undefined
  /** Default 1,000 captures, of at most 64 MiB. */
  readonly bounds?: StoreBounds | undefined
  /** How Twilio reaches the gateway. Test webhooks are signed for the first URL. */
  readonly publicUrl: string | readonly string[]
  /** The gateway's address. The page sends its requests there. Without it, the page cannot send. */
  readonly gatewayUrl?: string | undefined
  /** The name of the application behind the gateway. The page only shows it. */
  readonly upstream?: string | undefined
  readonly mode?: 'enforce' | 'observe' | undefined
  /** Signs requests of the page. The gateway accepts it in addition to the real token. */
  readonly throwAwayToken: string
  /** The index of the throw-away token among the gateway's Auth Tokens. */
  readonly throwAwayIndex?: number | undefined
  /** Signs edited requests if the user chooses it. */
  readonly realToken?: string | undefined
  /** The account in test webhooks. Default: an invented one. */
  readonly accountSid?: string | undefined
  /** More texts that must never reach the page. Both tokens are always included. */
  readonly secrets?: readonly string[] | undefined
  /** The verifier's options for imported requests. Without them, an import has no verdict. */
  readonly verifierOptions?: VerifierOptions | undefined
  /** The same for other schemes, by their names. */
  readonly schemes?: Readonly<Record<string, object>> | undefined
  /** The command that started this run, without its public URL. */
  readonly command?: string | undefined
  /** Keeps a refused request in a file for the commands of the page. Default true. */
  readonly keepRefused?: boolean | undefined
  /** Called with the explanation of each refusal of a signed request, which is then searched at once. */
  readonly onExplained?: ((explained: Explained) => void) | undefined
  /** Explains rejections of Twilio's requests. Default: `diagnose` of tollgate/diagnose. */
  readonly diagnose?: Diagnose | undefined
}
