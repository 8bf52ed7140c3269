import type { Diagnoser } from 'tollgate'
import type { SchemeName } from 'tollgate/schemes'
import type { GatewayOptions } from './options.ts'

/** The options of each scheme's verifier are its own. */
type AnyDiagnoser = Diagnoser<never>

/** Loads what explains the refusals of a scheme. The engine is large, and production needs none. */
const loaders: Readonly<Record<SchemeName, () => Promise<AnyDiagnoser>>> = {
  async twilio() {
    const { evenInProduction, withHints } = await import('tollgate/diagnose')
    return evenInProduction(withHints({ framework: 'gateway' }))
  },
  async sendgrid() {
    const { diagnoseSendGrid } = await import('tollgate/diagnose')
    return diagnoseSendGrid
  },
}

/**
 * Returns the option `diagnose` of the verifiers of a scheme. It explains refusals as in an adapter:
 * one diagnosis at a time, at a limited rate, and refused requests are kept outside production.
 * @returns `undefined` if refusals are not explained
 */
export function findDiagnoser(
  { diagnose = process.env.NODE_ENV !== 'production', log }: Pick<GatewayOptions, 'diagnose' | 'log'>,
  scheme: SchemeName,
): AnyDiagnoser | undefined {
  if (!diagnose || log === 'silent') return undefined
  let loaded: Promise<AnyDiagnoser> | undefined
  const load = (): Promise<AnyDiagnoser> => {
    loaded ??= loaders[scheme]()
    return loaded
  }
  return {
    explain: async (rejected) => (await load()).explain(rejected),
    remember: (verified) => void load().then((engine) => engine.remember?.(verified), ignore),
  }
}

function ignore(): void {}
