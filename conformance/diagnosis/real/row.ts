import { existsSync, readFileSync } from 'node:fs'
import { atApp } from '../arrive.ts'
import { listExpected, type Row, type SeenOptions, type SeenRequest, type SetUp } from '../setup.ts'
import { type Sent, send, type Wish } from '../webhooks.ts'

/** A genuine request that real software receives first. */
export interface RealRow extends Row {
  readonly origin: string
  readonly wish?: Wish
  readonly options?: SeenOptions
  /** Sends it to that software and returns the request that the application saw. */
  readonly see: (sent: Sent) => SeenRequest | Promise<SeenRequest>
}

/** Runs the rows in turn, because they share servers. */
export async function runRealRows(rows: readonly RealRow[]): Promise<readonly SetUp[]> {
  const setUps: SetUp[] = []
  for (const row of rows) {
    const { name, origin, webhook } = row
    const sent = await send(webhook, row.wish)
    const request = await row.see(sent)
    const options = { ...atApp, ...row.options }
    setUps.push({ name, origin, webhook, request, options, expected: listExpected(row), sent, hidden: sent.hidden })
  }
  return setUps
}

/** A body that a parser has read, as adapters report it: its parameters without the bytes. */
export function asConsumed(params: unknown): Pick<SeenRequest, 'body' | 'params'> {
  return { params, body: { consumedBy: 'a body parser', fix: 'Mount it after the webhook.' } }
}

/** A package by its name and installed version. */
export function named(name: string): string {
  const file = ['../../node_modules/', '../../../node_modules/']
    .map((folder) => new URL(`${folder}${name}/package.json`, import.meta.url))
    .find((url) => existsSync(url))
  if (file === undefined) throw new Error(`${name} is not installed.`)
  const found = JSON.parse(readFileSync(file, 'utf8')) as { readonly name: string; readonly version: string }
  return `${found.name} ${found.version}`
}
