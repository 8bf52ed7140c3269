import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './run.mjs'
import { findFreePort } from './services/free-port.mjs'

// Draws what a server prints about a refused webhook, for the README and the front page of the
// site. `node tools/picture.mjs` sends such a webhook to a server, and writes the drawing in both themes.

const authToken = '0123456789abcdef0123456789abcdef'
const columns = 62

/** The command that the drawing shows, which ran with the address of a free port. */
const command = 'TOLLGATE_PUBLIC_URL=http://app.example.com node server.mjs'

/**
 * Starts the README's server, sends it a webhook as behind a proxy, and collects what it
 * prints about the refusal.
 * @returns {Promise<string>}
 */
async function refuseWebhook() {
  const { sampleWebhook, signRequest } = await import('tollgate/testing')
  const port = await findFreePort()
  const child = spawn(process.execPath, ['express.mjs'], {
    cwd: join(root, 'examples/readme'),
    env: {
      ...process.env,
      TWILIO_AUTH_TOKEN: authToken,
      TOLLGATE_PUBLIC_URL: 'http://app.example.com',
      PORT: `${port}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  try {
    let printed = ''
    child.stderr.on('data', (chunk) => {
      printed += chunk
    })
    await once(child.stdout, 'data')
    const url = 'https://app.example.com/twilio/sms'
    const { headers, body } = signRequest({ url, ...sampleWebhook('message.inbound'), authToken })
    const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/twilio' }
    const answer = await fetch(`http://127.0.0.1:${port}/sms`, {
      method: 'POST',
      headers: { ...headers, ...forwarded },
      body: body ?? '',
    })
    await answer.text()
    while (!printed.includes('Fix:')) await once(child.stderr, 'data')
    return printed.trimEnd()
  } finally {
    child.kill()
  }
}

/**
 * Breaks a line at spaces. Its continuation is indented below its text.
 * @param {string} line
 * @returns {string[]}
 */
function wrap(line) {
  const indent = ' '.repeat(line.search(/\S/) + 2)
  const lines = [line]
  for (let last = line; last.length > columns; last = lines.at(-1) ?? '') {
    const end = last.lastIndexOf(' ', columns)
    if (end <= indent.length) throw new Error(`A word is wider than the drawing: ${last}`)
    lines.splice(-1, 1, last.slice(0, end), indent + last.slice(end + 1))
  }
  return lines
}

const themes = {
  light: { ground: '#f6f8fa', edge: '#d0d7de', text: '#1f2328', muted: '#59636e', bad: '#b42318', good: '#116329' },
  dark: { ground: '#161b22', edge: '#3d444d', text: '#e6edf3', muted: '#9198a1', bad: '#ff8f86', good: '#5fd07a' },
}

/** @param {string} text */
function escapeXml(text) {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** The role of a line of the output. @param {string} line @returns {keyof typeof themes.light} */
function roleOf(line) {
  if (line.startsWith('$')) return 'muted'
  if (/^\S/.test(line)) return 'bad'
  return /^ +Fix:/.test(line) ? 'good' : 'text'
}

/** @param {string} printed @param {typeof themes.light} colors */
function draw(printed, colors) {
  const rows = [`$ ${command}`, ...printed.split('\n')].flatMap((line) =>
    wrap(line).map((text) => ({ text, color: colors[roleOf(line)] })),
  )
  const [left, top, step] = [20, 34, 22]
  const [width, height] = [left * 2 + columns * 8.43, top + rows.length * step]
  const texts = rows.map(
    ({ text, color }, index) =>
      `  <text x="${left}" y="${top + index * step}" fill="${color}" xml:space="preserve">${escapeXml(text)}</text>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width)}" height="${height}" viewBox="0 0 ${Math.ceil(width)} ${height}" role="img">`,
    '  <!-- Written by `node tools/picture.mjs`. -->',
    '  <title>A refused webhook: what Twilio signed, what the server checked, and the option that mends it</title>',
    '  <style>text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace }</style>',
    `  <rect x="0.5" y="0.5" width="${Math.ceil(width) - 1}" height="${height - 1}" rx="10" fill="${colors.ground}" stroke="${colors.edge}"/>`,
    ...texts,
    '</svg>',
    '',
  ].join('\n')
}

/**
 * Draws the refused webhook in both themes.
 * @returns {Promise<ReadonlyMap<string, string>>} the drawings, by file
 */
export async function drawPictures() {
  const printed = await refuseWebhook()
  return new Map(
    Object.entries(themes).map(([theme, colors]) => [`docs/images/refused-${theme}.svg`, draw(printed, colors)]),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(join(root, 'docs/images'), { recursive: true })
  for (const [file, drawing] of await drawPictures()) writeFileSync(join(root, file), drawing)
}
