import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { placeOf } from '../../site/pages.mjs'
import { completeLinks, packages } from '../pack.mjs'
import { root } from '../run.mjs'

const origin = { homepage: 'https://tollgate.example', repository: 'https://github.com/acme/tollgate' }

test.each(packages.map((name) => `packages/${name}/README.md`))(
  '%s has a command to install or run it, and links that a registry can open',
  (file) => {
    const text = readFileSync(join(root, file), 'utf8')
    const { name } = JSON.parse(readFileSync(join(root, file, '../package.json'), 'utf8'))
    expect(text).toMatch(new RegExp(`npm install (--save-dev )?${name}\\b|npx ${name} `))
    expect(text).toMatch(/^```sh\n(.+\n)*?(npx|npm install) /m)
    const links = [...text.matchAll(/\.\.\/\.\.\/([^)"#\s]+)/g)].map(([, path = '']) => path)
    expect(links.length).toBeGreaterThan(0)
    for (const path of links) expect(existsSync(join(root, path)), path).toBe(true)
    const packed = completeLinks(text, origin)
    expect(packed).not.toContain('../')
    const pages = links.filter((path) => path.endsWith('.md') && /^(docs\/|README)/.test(path))
    for (const page of pages) expect(packed).toContain(`${origin.homepage}/${placeOf(page).replace(/md$/, 'html')}`)
  },
)

test('without an origin the links stay', () => {
  const text = '[Options](../../docs/options.md#a)'
  expect(completeLinks(text, { homepage: '', repository: '' })).toBe(text)
  expect(completeLinks(text, origin)).toBe('[Options](https://tollgate.example/options.html#a)')
  expect(completeLinks('[S](../../SECURITY.md)', origin)).toBe(
    '[S](https://github.com/acme/tollgate/blob/HEAD/SECURITY.md)',
  )
})
