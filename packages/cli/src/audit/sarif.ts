import manifest from '../../package.json' with { type: 'json' }
import { type AuditDocument, notGuarded } from './document.ts'
import { rules } from './findings.ts'
import { toKey, toPlace } from './inventory.ts'
import { count } from './report.ts'

// GitHub refuses more locations of one result.
const mostLocations = 1000

/**
 * Converts the findings to SARIF 2.1.0. A location names the account and the resource, since there
 * is no file.
 */
export function toSarif({ findings, notRead }: AuditDocument): object {
  const ids = [...new Set(findings.map(({ rule }) => rule))]
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'tollgate audit',
            version: manifest.version,
            rules: ids.map((id) => {
              const { text, fix, level } = id === 'not_guarded' ? notGuarded : rules[id]
              const shortDescription = { text: `The webhook URL ${text}.` }
              return { id, shortDescription, help: { text: fix }, defaultConfiguration: { level } }
            }),
          },
        },
        invocations: [
          {
            executionSuccessful: notRead.every(({ kind }) => kind !== 'failed'),
            toolExecutionNotifications: notRead.map(({ account, resource, reason, kind }) => ({
              level: kind === 'failed' ? 'error' : 'note',
              message: toMessage(`Not read: ${resource} of ${account}: ${reason}.`),
            })),
          },
        ],
        results: findings.map(({ rule, level, url, text, fix, places }) => ({
          ruleId: rule,
          ruleIndex: ids.indexOf(rule),
          level,
          message: toMessage(`${url}: the URL ${text} (${count(places.length, 'place')}). ${fix}`),
          locations: places.slice(0, mostLocations).map((place) => {
            // A lone surrogate has no UTF-8, and no percent-encoding.
            const name = Buffer.from(toKey(toPlace(place))).toString()
            const uri = `twilio/${name.split('/').map(encodeURIComponent).join('/')}`
            return {
              physicalLocation: { artifactLocation: { uri } },
              logicalLocations: [{ fullyQualifiedName: name, kind: 'resource' }],
            }
          }),
        })),
      },
    ],
  }
}

/** A brace begins a placeholder, and `](` is a link: SARIF 2.1.0, sections 3.11.5 and 3.11.6. */
function toMessage(text: string): { readonly text: string } {
  return { text: text.replace(/[{}]/g, '$&$&').replace(/\](?=\()/g, '\\]') }
}
