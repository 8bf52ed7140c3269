import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A page that a test follows word by word. */
export interface Tour {
  readonly page: string
  /** The headings of the sections to follow. Default: the whole page. */
  readonly sections?: readonly string[]
  /** The example with the versions of the page's packages. */
  readonly example?: string
  /** The paths of the webhooks. Without one, the last command of the page is not a server. */
  readonly routes?: readonly string[]
  readonly handshake?: boolean
  /** What a reader types into the command of `@tollgate/cli` that calls the server, and its output. */
  readonly typed?: { readonly input: string; readonly output: readonly string[] }
  /** True if the page's commands run Bun. */
  readonly bun?: boolean
}

const frameworks = 'docs/frameworks'
/**
 * The pages that follow-docs.test.ts follows. The others have the files, the packages and the commands of an example:
 * `tools/test/snippets.test.ts` compares them, and `examples.test.ts` installs and attacks the example.
 */
export const tours: readonly Tour[] = [
  { page: `${frameworks}/express.md`, routes: ['/sms'] },
  { page: 'docs/typescript.md', sections: ['Node.js'], routes: ['/sms'] },
  { page: 'docs/typescript.md', sections: ['A bundler'], routes: ['/sms'] },
  {
    page: `${frameworks}/lambda.md`,
    sections: ['Install', 'Guard a handler', 'Try it on your machine'],
    routes: ['/sms'],
  },
  { page: `${frameworks}/lambda.md`, sections: ['Middy'], example: 'lambda', routes: ['/sms'] },
  { page: `${frameworks}/fetch.md`, routes: ['/sms'], bun: true },
  { page: `${frameworks}/node.md`, routes: ['/sms'] },
  { page: `${frameworks}/ws.md`, routes: ['/media'], handshake: true },
  { page: 'docs/testing-your-webhooks.md', sections: ['A server under test'] },
  { page: 'docs/testing-your-webhooks.md', sections: ['Jest'] },
  { page: 'docs/calls.md', sections: ['In a test', 'The application of the examples'] },
  {
    page: 'docs/calls.md',
    sections: ['At the keyboard'],
    routes: ['/sms'],
    typed: {
      input: '1\\n/busy\\n',
      output: ['> Press 1 for sales.', '> [rings +15550001]', '> All lines are busy.', 'The call is over: completed.'],
    },
  },
]

/** Returns a section from its heading to the next heading. */
function readSection(text: string, title: string): string {
  const parts = text.split(/^(?=#{1,3} )/m)
  const found = parts.find((part) => part.replace(/^#+ /, '').split('\n')[0] === title)
  if (found === undefined) throw new Error(`no section "${title}"`)
  return found
}

/** Reads the part of the page that a tour follows. */
export function readFollowed({ page, sections }: Pick<Tour, 'page' | 'sections'>): string {
  const text = readFileSync(join(root, page), 'utf8')
  // These commands send requests to the server, as the test itself does.
  const withoutTrial = text.replace(/^## See it work\n[\s\S]*?(?=^## )/m, '')
  return sections === undefined ? withoutTrial : sections.map((title) => readSection(text, title)).join('\n')
}

/** Lists the blocks of shell commands in a text. */
export function listShellBlocks(text: string): string[] {
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, code = '']) => code)
}
