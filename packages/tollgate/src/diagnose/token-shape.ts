import { decodeBase64Text } from './encodings.ts'
import { decodePercent } from './spelling.ts'

/** The form of an Auth Token. */
export const tokenShape: RegExp = /^[0-9a-f]{32}$/

/** The forms of texts that stand for a secret. Nothing reads the secret in such a text. */
const references: readonly (readonly [what: string, ...forms: RegExp[]])[] = [
  [
    // Of P-256, as the Event Webhook and Inbound Parse have it.
    'a public key, as webhooks of Email have it, or a private key. Copy the Auth Token from the Twilio console',
    /^(MFkwEwYHKoZIzj|-----BEGIN ([A-Z]+ )?(PUBLIC|PRIVATE) KEY)/,
  ],
  [
    // Also a parameter in the Parameter Store of AWS.
    'the path of a file, or the name of a secret in a store. Read what it names, without a line break',
    /^(\/\S+|(file:\/\/|\.{1,2}\/|~\/|[a-z]:\\)\S+)/i,
  ],
  [
    // SOPS, dotenvx, Jasypt, Spring Cloud Config, the Transit engine of Vault, Ansible, AWS KMS, Google Cloud
    // KMS, OpenSSL, Fernet, age and PGP.
    'a text that is still encrypted. Decrypt it before the server starts',
    /^(ENC[[(]|encrypted:|\{cipher\}|vault:v\d+:|!vault|\$ANSIBLE_VAULT;|AQICA|CiQA|U2FsdGVkX1|gAAAAA|-----BEGIN (AGE|PGP) )/i,
  ],
  [
    'a reference to a secret that was not replaced by its value. Let the tool that deploys or starts the server replace it',
    /^(arn:|projects\/[^/]+\/secrets\/|@microsoft\.keyvault\(|\$?[a-z][a-z0-9+.-]{0,30}:\/\/)/i,
    /^(vault:|ref\+|gcp:|ssm:|sops:|secretref:|secretsmanager:|secrets?:|keyvault:|infisical:|doppler:|awssm:|bws:)/i,
    // Serverless, CloudFormation, GitHub Actions, Helm, Argo CD, Concourse, Octopus Deploy, Python and templates.
    // JSON has quotes.
    /^(\$?\{[^"]*\}|\$?\(.*\)|%[A-Za-z_]\w*%|\$[A-Za-z_]\w*|<.*>)$/s,
    /^(#\{.*\}#?|__\w+__|@@?\w+@@?|\[\[.*\]\]|%\(\w+\)s?|!(Ref|Sub|GetAtt|ImportValue)\b.*|Fn::.*|Ref:.*|(secrets|vars)\.\w+)$/s,
  ],
  [
    'the text of a function. Call it, and give what it returns',
    /^(\[(Async)?Function\b|\[class\b|Symbol\(|(async\s+)?function\b|(async\s*)?(\w{1,40}|\([\w, ]{0,80}\))\s?=>)/,
  ],
  [
    'a masked text. Copy the Auth Token with the button of the console, which shows it first',
    /[•●∙·⋅*]{4,}|^[xX]{8,}$|x{8,}|\u2026$|\.\.\.$/,
  ],
  [
    'a SID or a key of another service. Copy the Auth Token from the Twilio console',
    /^(?!AC|SK)[A-Z]{2}[0-9a-f]{32}$|^(ac|sk)[0-9a-f]{32}$/,
    // Twilio Email, Stripe, GitHub, Slack, JWT, Doppler, OpenAI, Vault, GitLab, npm, DigitalOcean and Google.
    /^(SG\.|[sprw]k_(live|test)_|whsec_|gh[pousr]_|github_pat_|xox[a-z]-|eyJ[\w-]+\.|dp\.[a-z]{2,8}\.|sk-|hv[sb]\.|glpat-|npm_|do[op]_v1_|AIza)/,
  ],
  [
    'a placeholder. Set the variable that should hold the token',
    /^(none|nil|false|true|0|test|todo|dummy|example|sample|placeholder|changeit|secret|token|password|n\/a)$/i,
  ],
  [
    'a name, such as that of a variable or of a secret. Read the value that it names',
    /^(process\.env\.|env\.|os\.environ|ENV\[)|^TWILIO_\w+$/,
    // Words, perhaps with a number: a secret may have such a word by chance, between other characters. The
    // secret of an API key has 32 letters and digits. It has a cause of its own.
    /^(?![a-z0-9]{32}$)(?=.{3,80}$)(?=.*(token|secret|twilio|auth))[a-z]+\d{0,2}([_./-]+([a-z]+\d{0,2}|\d{1,2}))*$/i,
  ],
  [
    'a hash. No hash can verify: store the token itself, encrypted, and decrypt it',
    // The column of a look-up. A token that is written twice has a cause of its own.
    /^(?!(.{32})\1$)([0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$/i,
    // bcrypt, Argon2, scrypt, PBKDF2 and crypt.
    /^\$(2[abxy]?|argon2[a-z]{1,2}|scrypt|pbkdf2[\w-]{0,20}|[156]|s[01])\$/,
  ],
  [
    'a text that is still encrypted or encoded. Decrypt it before the server starts',
    /^(?![0-9a-f]*$)[\w+/-]{65,}={0,2}$/i,
  ],
  // A mask of any length. Quotes and white space have causes of their own.
  ['a masked text. Copy the Auth Token from the console', /^[^\w\s"'`]+$|redacted|filtered|masked|hidden/i],
]

/** Says what a text is that stands for a token, such as a reference to a secret, without the text. */
export function describeReference(secret: string): string | undefined {
  const text = secret.slice(0, 2000)
  return references.find(([, ...forms]) => forms.some((form) => form.test(text)))?.[0]
}

/** Tokens inside a configured text. */
interface InnerTokens {
  readonly tokens: readonly string[]
  readonly cost: number
  readonly detail: string
  readonly fix: string
}

/** The tokens that a text holds: not the hex digits of an AccountSid or of an API key. */
function listInner(text: string): string[] {
  return (text.slice(0, 2000).match(/(?<![0-9a-zA-Z])[0-9a-f]{32}(?![0-9a-zA-Z])/g) ?? []).slice(0, 16)
}

type Change = readonly [detail: string, fix: string, change: (text: string) => string | undefined]

const changes: readonly Change[] = [
  [
    'The configured Auth Token has letters that look like digits, such as "O" for "0".',
    'Copy the Auth Token from the Twilio console instead of typing it: it has the digits 0 to 9 and the letters a to f.',
    (text) => (/^[0-9a-fOoIlQ]{32}$/.test(text) ? text.replace(/[OoQ]/g, '0').replace(/[Il]/g, '1') : undefined),
  ],
  [
    'The configured Auth Token is in capitals.',
    'Write the Auth Token in lower case, as the Twilio console shows it.',
    (text) => (/^[0-9a-f]{32}$/i.test(text) ? text.toLowerCase() : undefined),
  ],
  [
    'The configured Auth Token is a text for Basic authentication: the AccountSid and the Auth Token, in Base64.',
    'Give the Auth Token alone, as the Twilio console shows it.',
    (text) => /^AC[0-9a-f]{32}:(.*)$/s.exec(decodeBase64(text.replace(/^Basic\s+/i, '')) ?? '')?.[1],
  ],
  [
    'The configured Auth Token is still encoded in Base64.',
    'Decode the Auth Token from Base64. In Kubernetes, encode it once under "data", or give it as it is under "stringData".',
    (text) => decodeBase64(text)?.trim(),
  ],
  [
    'The configured Auth Token is encoded in Base64 twice.',
    'Decode the Auth Token from Base64 twice. In Kubernetes, encode it once under "data", or give it as it is under "stringData".',
    (text) => decodeBase64(decodeBase64(text)?.trim() ?? ''),
  ],
  [
    'The configured Auth Token has other characters before or between its digits.',
    'Give the 32 digits of the Auth Token alone, as the Twilio console shows it.',
    (text) => (/^(0x|\\x)?[0-9a-f:-]{32,80}$/.test(text) ? text.replace(/^(0x|\\x)|[:-]/g, '') : undefined),
  ],
  [
    'The configured Auth Token is written twice.',
    'Write the Auth Token once, as the Twilio console shows it.',
    (text) => /^(.{32})\1$/.exec(text)?.[1],
  ],
  [
    'The configured Auth Token is percent-encoded.',
    'Give the Auth Token as the Twilio console shows it.',
    decodePercent,
  ],
]

/** Finds the tokens inside a text that is not a token. */
export function findTokens(secret: string): InnerTokens[] {
  // A cause of its own.
  if (/^\W*(AC|SK)[0-9a-f]{32}/i.test(secret)) return []
  const found: InnerTokens[] = []
  const inner = listInner(secret)
  // White space, quotes and the name of a variable have causes of their own.
  const rest = secret.replace(inner[0] ?? '', '')
  const isAlone = /^\W*([A-Z_]+\s*[=:])?\W*$/.test(rest) && !/[[\](){}$#]/.test(rest)
  if (inner.length > 1 || (inner.length > 0 && !isAlone))
    found.push({
      tokens: inner,
      cost: inner.length > 1 ? 1 : 4,
      detail:
        inner.length > 1
          ? `The configured Auth Token is one text that holds ${inner.length} tokens.`
          : 'The configured Auth Token has other text around the token.',
      fix:
        inner.length > 1
          ? 'Give the tokens as a list: split the text, and pass authToken: […].'
          : 'Give the Auth Token alone, as the Twilio console shows it.',
    })
  for (const [detail, fix, change] of changes) {
    const changed = change(secret)
    const tokens = changed === undefined || changed === secret ? [] : listInner(changed)
    // A decoded text may hold more than the token.
    const more = fix.startsWith('Decode') && changed?.trim() !== tokens[0]
    const all = more ? `${fix} Then give the token in that text alone.` : fix
    if (tokens.length > 0) found.push({ tokens, cost: 1, detail, fix: all })
  }
  return found
}

/** A shorter text may be a token itself. */
function decodeBase64(text: string): string | undefined {
  return text.length < 40 || text.length > 122 ? undefined : decodeBase64Text(text)
}

/** Lists the tokens that differ from a text by one character more or less, those at its ends first. */
export function listNeighbours(secret: string): string[] {
  const ends = (last: number): number[] => [last, 0, ...Array.from({ length: last - 1 }, (_, at) => at + 1)]
  if (/^[0-9a-f]{31}$/.test(secret))
    return ends(31).flatMap((at) =>
      [...'0123456789abcdef'].map((digit) => secret.slice(0, at) + digit + secret.slice(at)),
    )
  if (secret.length !== 33) return []
  return ends(32).flatMap((at) => {
    const shorter = secret.slice(0, at) + secret.slice(at + 1)
    return tokenShape.test(shorter) ? [shorter] : []
  })
}
