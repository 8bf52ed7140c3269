import type { Node } from 'oxc-parser'
import { type Parsed, readKey, readText } from './parse.ts'

// Parameters of Twilio's webhooks that other forms hardly have, and those that they may have.
const clearParams = new Set(
  (
    'CallSid CallStatus MessageSid MessageStatus SmsSid SmsStatus SmsMessageSid SpeechResult Digits RecordingUrl ' +
    'RecordingSid NumMedia WaId TranscriptionText DialCallStatus'
  ).split(' '),
)
const otherParams = new Set(['AccountSid', 'Body', 'From', 'To', 'ProfileName'])

/**
 * Finds a route that Twilio calls: code that gets a request, and reads Twilio's parameters from its
 * body or answers with TwiML.
 * @param slice returns the text of a node
 */
export function findRoute(parsed: Parsed, slice: (node: Node) => string): Node | undefined {
  const params = new Map<string, Node>()
  let answer: Node | undefined
  let isHandling = false
  for (const node of parsed.nodes) {
    for (const name of listParams(node, slice)) if (!params.has(name)) params.set(name, node)
    const isTwiml = node.type === 'NewExpression' && /\b(Messaging|Voice)Response$/.test(slice(node.callee))
    if (isTwiml && !isForApi(node)) answer ??= node
    if (isHandler(node)) isHandling = true
  }
  const clear = [...params].find(([name]) => clearParams.has(name))?.[1]
  // In Nest, a service may do both, and only its controller looks like a route.
  if (!isHandling && (clear === undefined || answer === undefined)) return undefined
  return clear ?? (params.size > 1 ? [...params.values()][0] : answer)
}

/** Returns true within `{ twiml: … }`, which starts or changes a call through the API. */
function isForApi({ parent }: Node): boolean {
  if (parent?.type === 'Property') return readKey(parent) === 'twiml'
  return parent != null && /^(Call|Member)Expression$/.test(parent.type) && isForApi(parent)
}

/** Lists the parameters that a node reads from the body of a request. */
function listParams(node: Node, slice: (node: Node) => string): readonly string[] {
  const isParam = (name: string | undefined): name is string =>
    name !== undefined && (clearParams.has(name) || otherParams.has(name))
  const isBody = (from: Node | null | undefined): boolean => from != null && /\b(body|form|formData)$/.test(slice(from))
  if (node.type === 'MemberExpression') return isBody(node.object) ? [readKey(node)].filter(isParam) : []
  if (node.type === 'CallExpression' && node.callee.type === 'MemberExpression' && readKey(node.callee) === 'get')
    return isBody(node.callee.object) ? [readText(node.arguments[0])].filter(isParam) : []
  if (node.type !== 'VariableDeclarator' || node.id.type !== 'ObjectPattern' || !isBody(node.init)) return []
  return node.id.properties.map((one) => (one.type === 'Property' ? readKey(one) : undefined)).filter(isParam)
}

/** Returns true for `(req, res) => …`, `export async function POST(request)` and `@Body() body`. */
function isHandler(node: Node): boolean {
  if (node.type === 'Decorator')
    return node.expression.type === 'CallExpression' && isNamed(node.expression.callee, /^(Post|All)$/)
  if (!/Function/.test(node.type) || !('params' in node)) return false
  if (node.type === 'FunctionDeclaration' && node.id?.name === 'POST') return true
  const [first, second] = node.params as unknown as readonly Node[]
  return isNamed(first, /^_?req(uest)?$/) && isNamed(second, /^_?(res(ponse)?|reply)$/)
}

function isNamed(node: Node | undefined, name: RegExp): boolean {
  return node?.type === 'Identifier' && name.test(node.name)
}
