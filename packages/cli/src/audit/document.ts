import { maskUrl } from '../twilio-api/webhook-url.ts'
import { type AuditFinding, rules } from './findings.ts'
import { type Gap, type Inventory, type Place, type Scope, toPlace } from './inventory.ts'

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
  readonly rule: AuditFinding['rule']
  readonly level: AuditFinding['level']
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

export function createDocument(
  { account, accounts, inactive, webhooks, gaps }: Inventory,
  scope: Scope,
  findings: readonly AuditFinding[],
): AuditDocument {
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
    findings: findings.map(({ rule, level, subject, places }) => {
      const { text, fix } = rules[rule]
      return { rule, level, url: maskUrl(subject), text, fix, places }
    }),
    notRead: gaps,
    changes: null,
  }
}
