import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { requireProgram } from '../../../tools/programs.mjs'
import { readVersion } from '../../../tools/services/run-server.mjs'
import { arrive } from '../arrive.ts'
import type { SetUp } from '../setup.ts'
import type { Sent } from '../webhooks.ts'
import { type RealRow, runRealRows } from './row.ts'

/** Returns the output of a program for a text. */
async function pipe(program: string, args: readonly string[], input: string): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${program} ended with ${code}.`)
  return Buffer.concat(chunks).toString()
}

const script = (body: string): readonly string[] => [
  '-c',
  `import sys, json, urllib.parse as u\ntext = sys.stdin.buffer.read().decode()\nsys.stdout.write(${body})`,
]
const parseAndWrite = script('u.urlencode(u.parse_qs(text), doseq=True)')
const loadAndDump = script('json.dumps(json.loads(text))')
const loadAndIndent = script('json.dumps(json.loads(text), indent=4)')
const loadUnescaped = script('json.dumps(json.loads(text), ensure_ascii=False)')

const blanks = (pairs: Sent['pairs']): Sent['pairs'] =>
  pairs.map(([name, value]) => [name, /^(From|Caller)(City|State|Zip)$/.test(name) ? '' : value])

/** Relays that are written in something else than JavaScript. */
async function listProgramRows(): Promise<readonly RealRow[]> {
  const python = requireProgram('python3')
  const jq = requireProgram('jq')
  const origins = {
    python: `Python ${await readVersion(python, '--version')}`,
    jq: `jq ${await readVersion(jq, '--version')}`,
  }
  const through = (program: string, args: readonly string[]) => async (sent: Sent) =>
    arrive(sent, { body: await pipe(program, args, sent.body ?? '') })
  return [
    {
      name: 'parse_qs drops blanks of an SMS',
      origin: origins.python,
      webhook: 'sms-inbound',
      see: through(python, parseAndWrite),
      expected: ['params_blank_dropped'],
    },
    {
      name: 'parse_qs drops blanks of an error event',
      origin: origins.python,
      webhook: 'debugger-event',
      see: through(python, parseAndWrite),
      expected: ['params_blank_dropped'],
    },
    {
      name: 'parse_qs drops blanks of a call',
      origin: origins.python,
      webhook: 'voice-inbound',
      wish: { pairs: blanks },
      see: through(python, parseAndWrite),
      expected: ['params_blank_dropped'],
    },
    {
      name: 'parse_qs drops blanks of an MMS, and http',
      origin: origins.python,
      webhook: 'mms-inbound-two-media',
      options: { publicUrl: 'http://app.example.com' },
      see: through(python, parseAndWrite),
      expected: ['params_blank_dropped', 'scheme'],
    },
    {
      name: 'json.dumps',
      origin: origins.python,
      webhook: 'event-streams-batch',
      see: through(python, loadAndDump),
      expected: ['body_reserialized'],
    },
    {
      name: 'json.dumps with an indent of four',
      origin: origins.python,
      webhook: 'studio-http-request-json',
      see: through(python, loadAndIndent),
      expected: ['body_reserialized'],
    },
    {
      name: 'json.dumps without escapes',
      origin: origins.python,
      webhook: 'voice-intelligence-transcript',
      see: through(python, loadUnescaped),
      expected: ['body_reserialized'],
    },
    {
      name: 'jq lays JSON out',
      origin: origins.jq,
      webhook: 'conversation-orchestrator',
      see: through(jq, ['.']),
      expected: ['body_reserialized'],
    },
    {
      name: 'jq sorts the names of JSON',
      origin: origins.jq,
      webhook: 'event-streams-test',
      see: through(jq, ['-S', '-c', '.']),
      expected: ['body_reserialized'],
    },
    {
      name: 'jq adds a line break to compact JSON',
      origin: origins.jq,
      webhook: 'conversation-orchestrator',
      see: through(jq, ['-c', '.']),
      expected: ['body_whitespace'],
      or: [['body_reserialized']],
    },
  ]
}

export async function listProgramSetUps(): Promise<readonly SetUp[]> {
  return runRealRows(await listProgramRows())
}
