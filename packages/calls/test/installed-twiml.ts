import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** Reads the elements and the attributes that the installed `twilio` package can write. */
export function readInstalledTwiml(name: 'VoiceResponse' | 'MessagingResponse'): Map<string, string[]> {
  const path = require.resolve('twilio').replace(/index\.js$/, `twiml/${name}`)
  const [code, types] = [`${path}.js`, `${path}.d.ts`].map((file) => readFileSync(file, 'utf8')) as [string, string]
  const attributes = new Map(
    [...types.matchAll(/interface (\w+Attributes) \{(.*?)\n {4}\}/gs)].map(([, type = '', body = '']) => [
      type,
      [...body.matchAll(/^ +"?([\w:]+)"?\?:/gm)].map(([, attribute = '']) => attribute),
    ]),
  )
  const found = new Map<string, string[]>()
  let method = ''
  for (const line of code.split('\n')) {
    method = /^ +(?!if|for)(\w+)\([^)]*\) \{$/.exec(line)?.[1] ?? method
    const element = /\.ele\("([\w:-]+)"/.exec(line)?.[1]
    if (element === undefined) continue
    const typed = new RegExp(`^ +${method}\\([^)]*?${name}\\.(\\w+Attributes)`, 'gm')
    const all = [...types.matchAll(typed)].flatMap(([, type = '']) => attributes.get(type) ?? [])
    found.set(element, [...new Set([...(found.get(element) ?? []), ...all])].sort())
  }
  return found
}
