import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { diagnose } from 'tollgate/diagnose'
import { signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireProgram } from '../../../../tools/programs.mjs'
import { writeCopy } from '../../src/server/copy/copy.ts'
import { copyForms } from '../../src/shared/api.ts'
import type { Capture } from '../../src/shared/capture.ts'
import { authToken } from '../kit.ts'

// Slow, because some hundred texts are pasted into shells, each in several ways.

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

interface Shell {
  /** Types a text, and presses Enter unless it must not run. Returns the programs that ran. */
  paste(text: string, enter: boolean, expected?: number): Promise<readonly string[]>
  close(): void
}

/** Each shell without its user's settings, and the lines that make it say that it has read everything. */
const shells = {
  bash: {
    command: '/bin/bash --norc --noprofile -i',
    setUp: (bracketed: boolean) => [
      `PROMPT_COMMAND='echo new""-prompt'; bind 'set enable-bracketed-paste ${bracketed ? 'on' : 'off'}'`,
      `bind -x '"\\C-o": echo all-is""-read'`,
    ],
  },
  zsh: {
    command: '/usr/bin/zsh -f -i',
    setUp: (bracketed: boolean) => [
      `precmd() { echo new''-prompt }; say() { print all-is''-read }; zle -N say; bindkey '^O' say`,
      bracketed ? ':' : 'unset zle_bracketed_paste',
    ],
  },
}

async function openShell(name: keyof typeof shells, bracketed: boolean): Promise<Shell> {
  const { command, setUp } = shells[name]
  const child = spawn('/usr/bin/script', ['-qec', command, '/dev/null'], {
    // No other program can be found.
    env: { PATH: folder, TERM: 'xterm', SHELL: '/bin/bash', HISTFILE: '', LANG: 'C.UTF-8' },
    cwd: folder,
  })
  await once(child, 'spawn')
  let output = ''
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    output += text
  })
  const type = (text: string): void => void child.stdin.write(text)
  const waitForOutput = (text: string): Promise<void> =>
    waitFor(
      () => output.includes(text),
      () => `the shell hangs: ${output.slice(-500)}`,
    )
  /** Waits until the shell has read everything, and leaves what is open: a quote, or a group. */
  const leave = async (): Promise<void> => {
    // On a busy machine, the end of the text before it may clear this key too.
    for (let tries = 0; tries < 3 && !output.includes('all-is-read'); tries++) {
      type('\x0f')
      await waitFor(() => output.includes('all-is-read'), undefined, 600)
    }
    await waitForOutput('all-is-read')
    output = ''
    // A shell that is still drawing its line may lose the key. A key too many would clear what comes next.
    await sleep(10)
    let sent = 0
    for (; sent < 10 && !output.includes('new-prompt'); sent++) {
      if (sent > 0) await sleep(500)
      type('\x03')
      await waitFor(() => output.includes('new-prompt'), undefined, 100)
    }
    await waitForOutput('new-prompt')
    // A key that was not lost but late would clear what comes next.
    if (sent > 1) await waitFor(() => output.split('new-prompt').length > sent, undefined, 200)
    output = ''
  }
  for (const line of setUp(bracketed)) type(`${line}\r`)
  // The history has a line that would run in double quotes.
  type(": '$(evil)'\r")
  await leave()
  return {
    async paste(text, enter, expected = 0) {
      rmSync(log, { force: true })
      const keys = text.replace(/\r?\n/g, '\r')
      type(bracketed ? `\x1b[200~${keys}\x1b[201~` : keys)
      if (enter) {
        type('\r')
        await waitFor(
          () => listRan().length >= expected,
          () => `nothing ran: ${output.slice(-500)}`,
        )
      }
      await leave()
      return listRan()
    },
    close: () => void child.kill('SIGKILL'),
  }
}

function listRan(): string[] {
  return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []
}

/** @param explain says what is missing. Without it, a wait without success is no error */
async function waitFor(isDone: () => boolean, explain?: () => string, tries = 2000): Promise<void> {
  for (let left = tries; left > 0; left--) {
    if (isDone()) return
    await sleep(5)
  }
  if (explain !== undefined) throw new Error(explain())
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

// zsh draws each bracketed paste again and again, which takes minutes and shows nothing more.
describe.each([
  ['bash', true],
  ['bash', false],
  ['zsh', false],
] as const)('pasted into %s, with bracketed paste: %s', (name, bracketed) => {
  let shell: Shell
  beforeAll(async () => {
    shell = await openShell(name, bracketed)
  })
  afterAll(() => shell.close())

  test('the shell runs what is pasted, unless it is a copy', async () => {
    expect(await shell.paste('evil\n', true, 1)).toContain('evil')
    expect(await shell.paste('"!!"\n', true, 1)).toEqual(['evil'])
    expect(await shell.paste('x "$(evil)"\n', true, 1)).toEqual(['evil'])
    if (bracketed) expect(await shell.paste('evil\n', false)).toEqual([])
    expect(await shell.paste('\x1b[201~\revil\r', false)).toEqual(['evil'])
  })

  test.each(copyForms)(
    'a copy of a hostile capture as %s runs nothing else',
    async (form) => {
      const runs = form === 'curl' ? ['curl'] : []
      for (const payload of payloads)
        for (const capture of listCaptures(payload)) {
          const copy = Buffer.from(writeCopy(form, capture)).toString('latin1')
          expect(copy).toMatch(/^[\n -~]*$/)
          if (bracketed) expect(await shell.paste(copy, false), copy).toEqual([])
          expect(await shell.paste(copy, true, runs.length), copy).toEqual(runs)
        }
    },
    300_000,
  )

  test('a line of a diagnosis runs nothing else', async () => {
    let lines = 0
    for (const payload of payloads)
      for (const line of await listLines(payload.replace(/[\s\p{Cc}]/gu, ''))) {
        lines++
        expect(line).toMatch(/^[ -~]*$/)
        const runs = line.startsWith('npx ') ? ['npx'] : []
        if (bracketed) expect(await shell.paste(line, false), line).toEqual([])
        expect(await shell.paste(line, true, runs.length), line).toEqual(runs)
      }
    expect(lines).toBeGreaterThan(payloads.length)
  }, 120_000)
})
