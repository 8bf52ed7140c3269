import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diagnose } from 'tollgate/diagnose'
import { signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireProgram } from '../../../../tools/programs.mjs'
import { writeCopy } from '../../src/server/copy/copy.ts'
import { copyForms } from '../../src/shared/api.ts'
import type { Capture } from '../../src/shared/capture.ts'
import { authToken } from '../kit.ts'

// Slow, because some hundred texts are pasted into shells.

// Each of these runs `evil` somewhere: in double quotes, behind a quote, on a line of its own, after
// the end of a bracketed paste, from the history, or as the only word of a line.
const payloads = [
  'evil',
  '$(evil)',
  '`evil`',
  `\${x:-$(evil)}`,
  '";evil;"',
  "';evil;'",
  "'\\'';evil;'\\''",
  '\\";evil;\\"',
  '\\',
  "\\'",
  '\nevil\n',
  '\r\nevil\r\n',
  '\\\nevil\n',
  '\x1b[201~\revil\r',
  '\x9b201~\revil\r',
  '\x03\revil\r',
  '\x15evil\r',
  '\x16\x03\revil\r',
  '\tevil\t\r',
  '\x7f\x7fevil\r',
  '|evil',
  '&evil&',
  ';evil;',
  '>(evil)',
  '<(evil)',
  '!!',
  '!?evil?',
  '"!!"',
  '!:0$(evil)',
  '^x^$(evil)^',
  '#\nevil',
  "$'\\nevil\\n'",
  '\u2028evil\u2028',
  '}\nevil\n',
  ')\nevil',
]

const folder = mkdtempSync(join(tmpdir(), 'tollgate-paste-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const log = join(folder, 'ran')

beforeAll(() => {
  for (const program of ['bash', 'zsh'] as const) requireProgram(program)
  for (const name of ['evil', 'curl', 'npx']) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho ${name} >> '${log}'\n`)
    chmodSync(join(folder, name), 0o755)
  }
})

/** Each shell without its user's settings. It reads lines as a terminal types them: with a history, and its expansion. */
const shells = {
  bash: ['/bin/bash', '--norc', '--noprofile', '-i'],
  zsh: ['/usr/bin/zsh', '-f', '-i'],
} as const

/** Types texts and presses Enter after each. Returns the programs that ran, for each text. */
function paste(name: keyof typeof shells, texts: readonly string[]): string[][] {
  const [command, ...args] = shells[name]
  return texts.map((text) => {
    rmSync(log, { force: true })
    // The history has a line that would run in double quotes. No other program can be found.
    const input = `: '$(evil)'\n${text.replace(/\r\n?/g, '\n')}\n`
    const env = { PATH: folder, TERM: 'dumb', HISTFILE: '', LANG: 'C.UTF-8' }
    const { error } = spawnSync(command, args, { input, env, cwd: folder })
    expect(error).toBeUndefined()
    return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []
  })
}

const isToken = (text: string): boolean => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text)

/** Captures that have the text in each of their places. */
function listCaptures(text: string): readonly Capture[] {
  const at = (changed: Partial<Capture>): Capture => ({
    ...{ id: 'x', time: 1, origin: 'imported', method: 'POST', url: 'https://app.example.com/sms', target: '/sms' },
    headers: [['content-type', 'application/x-www-form-urlencoded']],
    ...changed,
  })
  const form = new URLSearchParams([
    ['Body', text],
    [text, 'evil'],
  ])
  const json = JSON.stringify({ [text]: text })
  const named = isToken(text)
  return [
    at({
      ...{ url: `https://app.example.com/${text}?${text}`, target: `/${text}?${text}`, body: String(form) },
      headers: [['X-One', text], ['X-Two', 'evil'], ...(named ? [[text, 'evil'] as const] : [])],
    }),
    at({
      url: `https://${text}/sms`,
      kind: text as NonNullable<Capture['kind']>,
      body: text,
      headers: [['content-type', text]],
    }),
    at({
      target: `/${text}`,
      body: json,
      headers: [['content-type', 'application/json']],
      ...(named && { method: text }),
    }),
    at({ bodyBase64: Buffer.from(`\xff${text}`, 'latin1').toString('base64') }),
    at({ parsedBody: { [text]: [text, 'evil', { [text]: ['evil'] }, ['evil']], evil: 'evil' }, bodyTruncated: true }),
  ]
}

/** The lines that a diagnosis offers for copying, of a webhook that lost the text from its path. */
async function listLines(text: string): Promise<readonly string[]> {
  const signed = signRequest({
    url: `https://app.example.com/${text}/hook`,
    params: { AccountSid: `AC${'0'.repeat(32)}`, Body: text },
    authToken,
  })
  const headers = { ...signed.headers, host: 'app.example.com', 'x-forwarded-prefix': `/${text}` }
  const request = { method: 'POST', url: '/hook', headers, body: Buffer.from(String(signed.body)) }
  const options = { publicUrl: 'https://app.example.com', prefixes: [`/${text}`] }
  const found = await diagnose(request, { ...options, authToken })
  const unknown = await diagnose(
    { ...request, headers: { ...headers, host: `${text}.example.com` } },
    { ...options, authToken: 'f'.repeat(32) },
  )
  return [found.proven?.setting, ...(unknown.question?.commands ?? [])].filter((line) => line !== undefined)
}

describe.each(['bash', 'zsh'] as const)('pasted into %s', (name) => {
  test('the shell runs what is pasted, unless it is a copy', () => {
    expect(paste(name, ['evil', '"!!"', 'x "$(evil)"', 'x `evil`', "'\nevil\n'"])).toEqual([
      ['evil'],
      ['evil'],
      ['evil'],
      ['evil'],
      [],
    ])
  })

  test.each(copyForms)(
    'a copy of a hostile capture as %s runs nothing else',
    (form) => {
      const captures = payloads.flatMap(listCaptures)
      const copies = captures.map((capture) => Buffer.from(writeCopy(form, capture)).toString('latin1'))
      // No key of a terminal is in it, nor the end of a bracketed paste.
      for (const copy of copies) expect(copy).toMatch(/^[\n -~]*$/)
      const runs = form === 'curl' ? ['curl'] : []
      expect(
        paste(name, copies).flatMap((ran, at) => (String(ran) === String(runs) ? [] : [[ran, copies[at]]])),
      ).toEqual([])
    },
    300_000,
  )

  test('a line of a diagnosis runs nothing else', async () => {
    const lines = (await Promise.all(payloads.map((payload) => listLines(payload.replace(/[\s\p{Cc}]/gu, ''))))).flat()
    for (const line of lines) expect(line).toMatch(/^[ -~]*$/)
    const expected = lines.map((line) => (line.startsWith('npx ') ? ['npx'] : []))
    expect(paste(name, lines)).toEqual(expected)
    expect(lines.length).toBeGreaterThan(payloads.length)
  }, 120_000)
})
