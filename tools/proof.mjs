import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { claims, readFigure, readPage } from './claims.mjs'
import { root } from './run.mjs'
import { setUp } from './setup.mjs'

// Runs every command whose figures the documentation quotes, and compares the figures. A new figure
// is a new row in claims.mjs.

/** @typedef {import('./claims.mjs').Claim} Claim */

const given = process.argv.slice(2)
const quick = given.includes('--quick')

/**
 * Runs a command, and resolves with its exit code and its output.
 * @param {string} command
 * @returns {Promise<{ code: number, output: string }>}
 */
function capture(command) {
  const [program = '', ...words] = command.split(' ')
  const path = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter)
  const env = { ...process.env, PATH: path, NO_COLOR: '1', FORCE_COLOR: '0' }
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk
      })
    child.on('error', (error) => resolve({ code: 1, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/** @param {Claim} claim @param {string} text */
function findLine({ quoted }, text) {
  const at = quoted.exec(text)?.index ?? 0
  return text.slice(0, at).split('\n').length
}

/**
 * Compares the claims of one command. Some commands write pages, so the pages are put back.
 * @param {string} command
 * @param {readonly Claim[]} own
 */
async function prove(command, own) {
  const before = new Map(claims.map(({ page }) => [page, readPage(page)]))
  console.error(`Running ${command} …`)
  const { code, output } = await capture(command)
  const rows = own.map((claim) => {
    const text = before.get(claim.page) ?? ''
    const quoted = readFigure(claim.quoted, text)
    const measured = claim.measured({ code, output, readPage })
    const holds = quoted !== undefined && measured !== undefined && claim.agrees(quoted, measured)
    const place = `${claim.page}:${findLine(claim, text)}`
    return { place, what: claim.what, quoted: quoted ?? 'not found', measured: measured ?? 'not printed', holds }
  })
  for (const [page, text] of before) if (readPage(page) !== text) writeFileSync(join(root, page), text)
  if (rows.some(({ holds }) => !holds)) console.error(output.trimEnd().split('\n').slice(-30).join('\n'))
  return rows
}

async function main() {
  if (given.some((word) => word !== '--quick')) {
    console.error('Usage: npm run proof [-- --quick]')
    return 2
  }
  await setUp()
  const chosen = claims.filter(({ slow }) => !(quick && slow))
  const commands = [...new Set(chosen.map(({ command }) => command))]
  const rows = []
  for (const command of commands)
    rows.push(
      ...(await prove(
        command,
        chosen.filter((claim) => claim.command === command),
      )),
    )
  console.log('| claim | page and line | quoted | measured | verdict |\n| --- | --- | --- | --- | --- |')
  for (const { place, what, quoted, measured, holds } of rows)
    console.log(`| ${what} | ${place} | ${quoted} | ${measured} | ${holds ? 'holds' : 'DOES NOT HOLD'} |`)
  const left = [...new Set(claims.filter((claim) => !chosen.includes(claim)).map(({ command }) => command))]
  if (left.length > 0) console.log(`\nLeft out, because they take minutes: ${left.join(', ')}`)
  const failed = rows.filter(({ holds }) => !holds).length
  console.log(`\n${rows.length - failed} of ${rows.length} claims hold.`)
  return failed === 0 ? 0 : 1
}

process.exitCode = await main()
