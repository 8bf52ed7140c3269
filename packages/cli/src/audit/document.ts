import { maskUrl, removeFragment } from '../twilio-api/webhook-url.ts'
import { type Finding, rules } from './findings.ts'
import { type Gap, type Inventory, type Place, type Scope, toPlace } from './inventory.ts'
import type { Probed, Target } from './probe.ts'

/** The document of `--json`, which is also what `--baseline` reads. */
export interface AuditDocument {
  readonly account: string
  readonly accounts: readonly string[]
  readonly inactiveAccounts: number
  /** The values of --account and --resource. Empty lists mean everything. */
  readonly scope: Scope
  readonly webhooks: readonly ShownWebhook[]
  readonly findings: readonly ShownFinding[]
  readonly notRead: readonly Gap[]
  /** `null` without `--probe`. `sent` is false for a dry run. */
  readonly probe: { readonly sent: boolean; readonly targets: readonly (Target | Probed)[] } | null
  /** `null` without `--baseline`. */
  readonly changes: Changes | null
}

export interface ShownWebhook extends Place {
  /** Masked, as every URL of the document. */
  readonly url: string
  readonly method: string
  readonly ignored: boolean
}

export interface ShownFinding {
  readonly rule: Finding['rule'] | 'not_guarded'
  readonly level: Finding['level']
  readonly url: string
  readonly text: string
  readonly fix: string
  readonly places: readonly Place[]
}

export interface Changes {
  readonly added: readonly ShownWebhook[]
  readonly removed: readonly ShownWebhook[]
  readonly changed: readonly { readonly before: ShownWebhook; readonly after: ShownWebhook }[]
  /** Findings at places that the baseline does not have with that rule. */
  readonly newFindings: readonly ShownFinding[]
  readonly goneFindings: readonly ShownFinding[]
}

/** The finding of a probe. */
const notGuarded = {
  level: 'error',
  text: 'answered a request that Twilio did not sign: not guarded',
  fix: 'Guard this endpoint: see README.md for your framework, or put the gateway in front of it.',
} as const

/** Makes the document of an audit. */
export function createDocument(
  { account, accounts, inactive, webhooks, gaps }: Inventory,
  scope: Scope,
  findings: readonly Finding[],
  probe: AuditDocument['probe'],
): AuditDocument {
  const unguarded = (probe?.targets ?? []).flatMap((target): ShownFinding[] => {
    if (!('verdict' in target) || target.verdict !== 'not guarded') return []
    const places = webhooks.filter(({ url, method }) => removeFragment(url) === target.url && method === target.method)
    return [{ rule: 'not_guarded', ...notGuarded, url: maskUrl(target.url), places: places.map(toPlace) }]
  })
  return {
    account,
    accounts,
    inactiveAccounts: inactive,
    scope,
    webhooks: webhooks.map((webhook) => ({
      ...toPlace(webhook),
      url: maskUrl(webhook.url),
      method: webhook.method,
      ignored: webhook.ignoredFor !== undefined,
    })),
    findings: [
      ...unguarded,
      ...findings.map(({ rule, level, subject, places }) => {
        const { text, fix } = rules[rule]
        return { rule, level, url: maskUrl(subject), text, fix, places }
      }),
    ],
    notRead: gaps,
    probe: probe && { ...probe, targets: probe.targets.map((target) => ({ ...target, url: maskUrl(target.url) })) },
    changes: null,
  }
}
