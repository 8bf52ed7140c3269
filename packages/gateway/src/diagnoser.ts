import type { Diagnoser } from 'tollgate'
import type { GatewayOptions } from './options.ts'

/** The options of each scheme's verifier are its own. */
type AnyDiagnoser = Diagnoser<never>

/**
 * Returns the option `diagnose` of the verifiers of a scheme. It explains refusals as in an adapter:
 * one diagnosis at a time, at a limited rate, and refused requests are kept outside production.
 * @param load loads what explains the refusals of the scheme
 * @returns no option if refusals are not explained
 */
export function findDiagnoser(
  { diagnose = process.env.NODE_ENV !== 'production', log }: Pick<GatewayOptions, 'diagnose' | 'log'>,
  load: (() => Promise<AnyDiagnoser>) | undefined,
): { readonly diagnose?: AnyDiagnoser } {
  if (!diagnose || log === 'silent' || load === undefined) return {}
  let loaded: Promise<AnyDiagnoser> | undefined
  const loadOnce = (): Promise<AnyDiagnoser> => {
    loaded ??= load()
    return loaded
  }
  return {
    diagnose: {
      explain: async (rejected) => (await loadOnce()).explain(rejected),
      remember: (verified) => void loadOnce().then((engine) => engine.remember?.(verified), ignore),
    },
  }
}

function ignore(): void {}
