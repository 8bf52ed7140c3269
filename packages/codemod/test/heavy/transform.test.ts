import { readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import jsTokens from 'js-tokens'
import { signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Edits } from '../../src/edits.ts'
import { transform } from '../../src/index.ts'
import { validationNames, webhookOptions } from '../../src/names.ts'
import { parse } from '../../src/parse.ts'
import { applySafely } from '../../src/transform.ts'
import { encodings, listSources, makeFolder, runSources, type Source } from '../sources.ts'

// Slow, because it parses, moves and runs every sample, and random ones.

const moving = listSources('moves')
const staying = listSources('stays')
const silent = listSources('silent')
let folder: string

beforeAll(() => {
  folder = makeFolder()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Expects that each result accepts a genuine request and refuses a forged one. */
function expectGuards(results: readonly Source[]): void {
  // Node.js itself refuses a byte order mark before `#!`.
  const loadable = results.filter(({ text }) => !text.startsWith('\uFEFF#!'))
  const answers = runSources(folder, loadable)
  for (const [index, { name, text }] of loadable.entries())
    expect.soft(answers[index], `${name}\n${text}`).toEqual([true, false])
}

describe('sources in the styles of real projects', () => {
  for (const { name, text } of moving)
    test(`${name} becomes the expected source`, async () => {
      const { source, notes, changed } = transform(text, name)
      const shown = notes.map((note) => `// line ${note.line}: ${note.text}\n`).join('')
      await expect(`${shown}${source}`).toMatchFileSnapshot(`expected/${name}.txt`)
      expect(changed).toBe(true)
      expect(transform(source, name)).toMatchObject({ source, changed: false })
    })

  for (const [encoding, encode] of Object.entries(encodings)) {
    test(`every result ${encoding} accepts a genuine request and refuses a forged one`, () => {
      expectGuards(moving.map(({ name, text }) => ({ name, text: transform(encode(text), name).source })))
    })

    test(`every result ${encoding} differs in nothing else`, () => {
      const unify = (text: string): string => (encoding === 'with mixed line ends' ? text.replaceAll('\r', '') : text)
      // A single line does not say which line end its file uses.
      for (const { name, text } of moving.filter((source) => source.text.trim().includes('\n')))
        expect.soft(unify(transform(encode(text), name).source), name).toBe(unify(encode(transform(text, name).source)))
    })

    test(`code that cannot be followed ${encoding} stays, with a note on its line`, () => {
      for (const { name, text } of staying) {
        const { notes, ...rest } = transform(encode(text), name)
        expect.soft(rest, name).toEqual({ source: encode(text), changed: false })
        expect.soft(notes.length, name).toBeGreaterThan(0)
        expect.soft(notes, name).toEqual(transform(text, name).notes)
      }
    })

    test(`code without validation ${encoding} stays, without a note`, () => {
      for (const { name, text } of silent)
        expect.soft(transform(encode(text), name), name).toEqual({ source: encode(text), changed: false, notes: [] })
    })
  }
})

test('the notes on code that stays are the expected ones', async () => {
  const shown = staying.map(({ name, text }) => {
    const notes = transform(text, name).notes.map((note) => `  ${note.line} ${note.text}\n`)
    return `${name}\n${notes.join('')}`
  })
  await expect(shown.join('')).toMatchFileSnapshot('expected/stays.txt')
})

describe('the names of validation', () => {
  test('are those of tollgate/compat', async () => {
    expect([...validationNames].sort()).toEqual(Object.keys(await import('tollgate/compat')).sort())
  })

  test('include the options of webhook(), and no others', async () => {
    const { webhook } = await import('tollgate/compat')
    const secret = '0123456789abcdef0123456789abcdef'
    const text = readFileSync(new URL('../../../tollgate/src/compat/types.ts', import.meta.url), 'utf8')
    const declared = [...text.matchAll(/^ {2}(?:readonly )?(\w+)\?: /gm)].map(([, name = '']) => name)
    const accepted = declared.filter((name) => {
      try {
        return webhook({ authToken: secret, sharedKeySecret: secret, [name]: undefined })
      } catch {
        return false
      }
    })
    expect([...webhookOptions].sort()).toEqual([...new Set(accepted)].sort())
  })
})

describe('notes on code that moves', () => {
  const parser = 'JSON webhooks need their raw bytes'
  const host = 'Without `url` or `host`'
  const hostUrl = 'This URL is built from the Host header'
  const off = '`validate: false`'
  const mayBeOff = '`validate` decides'
  const discarded = 'The result of this call is not used'
  const empty = 'An empty token is a TypeError'

  for (const [code, expected] of [
    ["const express = require('express'); express.json()", [parser]],
    ["import express from 'express'; express.json({ limit: '1mb' })", [parser]],
    ["import bodyParser = require('body-parser'); bodyParser.json()", [parser]],
    ["import * as parsers from 'body-parser'; parsers['json']()", [parser]],
    ["const { json: parse } = require('body-parser'); parse()", [parser]],
    ["require('body-parser').json()", [parser]],
    ["const express = require('express'); express.json({ verify: captureRawBody })", []],
    ["const express = require('express'); express.json({ ...options })", []],
    ["const express = require('express'); express.urlencoded()", []],
    ['res.json({ ok: true })', []],
    ['await response.json()', []],
    ["const { json } = require('./format'); json()", []],
    ['app.use(twilio.webhook())', [host]],
    ['twilio.webhook()', [host, discarded]],
    ['await twilio.webhook()', [host, discarded]],
    ['twilio?.webhook({ url })', [discarded]],
    ['twilio.webhook({ url })(request, response, next)', []],
    ["twilio.validateRequest('token', signature, url, params)", [discarded]],
    ["if (!twilio.validateRequest('token', signature, url, params)) throw error", []],
    ['export const guard = () => twilio.webhook({ url })', []],
    ["app.use(twilio.webhook(process.env.TWILIO_AUTH_TOKEN || '', { url }))", [empty]],
    ["valid = twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN ?? '', signature, url, params)", [empty]],
    ["valid = twilio.validateRequest(config ? config.token : '', signature, url, params)", [empty]],
    ['const token = env.TOKEN || ``; valid = twilio.validateRequest(token as string, signature, url, params)', [empty]],
    ["const token = env.TOKEN || ''; if (token) valid = twilio.validateRequest(token, signature, url, params)", []],
    ["const { token } = env || ''; valid = twilio.validateRequest(token, signature, url, params)", []],
    ["const token = env.TOKEN || 'none'; valid = twilio.validateRequest(token, signature, url, params)", []],
    ["valid = twilio.validateExpressRequest(request, env.TOKEN || '', { url })", [empty]],
    ['app.use(twilio.webhook(process.env.TWILIO_AUTH_TOKEN))', [host]],
    ["use(twilio.webhook('token', { protocol: 'https' }))", [host]],
    ["use(twilio.webhook({ 'url': address }))", []],
    ['use(twilio.webhook({ url }))', []],
    ['use(twilio.webhook({ ...options }))', []],
    ['use(twilio.webhook(settings))', []],
    ['use(twilio.webhook(config.webhook))', []],
    ["const options = { protocol: 'https' } as const; use(twilio.webhook(options))", [host]],
    ["const options = { host: 'app.example.com' }; use(twilio.webhook(token, options))", []],
    ['use(twilio.webhook({ validate: false }))', [off]],
    ['const { webhook } = twilio; use(webhook({ validate: false }))', [off]],
    ['const guard = (twilio as any).webhook; use(guard({ validate: false }))', [off]],
    ["use(twilio.webhook({ url, validate: process.env.NODE_ENV !== 'test' }))", [mayBeOff]],
    ['use(twilio.webhook({ url, validate: isProduction }))', [mayBeOff]],
    ['use(twilio.webhook({ url, validate: true }))', []],
    ['use(twilio.webhook({ host: req.headers.host }))', [hostUrl]],
    ["ok = twilio.validateRequest(token, signature, 'https://' + req.get('host'), body)", [hostUrl]],
    [
      "const own = 'https://' + req.headers['host']; ok = twilio.validateRequest(token, signature, own, body)",
      [hostUrl],
    ],
    ["const { host: h } = req.headers; ok = twilio.validateRequest(token, signature, h + '/', body)", [hostUrl]],
    ['const own = (r) => new URL(r.url, r.req.hostname); ok = twilio.validateRequest(t, s, own(req), body)', [hostUrl]],
    ['ok = twilio.validateRequestWithBody(t, s, context.req.host, body)', [hostUrl]],
    ['ok = twilio.validateRequest(t, s, config.host + req.originalUrl, req.headers.host)', []],
    ['ok = twilio.validateRequest(t, s, process.env.HOST + req.originalUrl, body)', []],
    ['use(twilio.validateExpressRequest(request, token))', [host]],
    ['use(twilio.validateExpressRequest(request, token, { url }))', []],
    ['use(twilio.validateRequest(token, signature, url, params))', []],
  ] as const)
    test(code, () => {
      const { changed, notes } = transform(`import twilio from 'twilio'\ntwilio.validateBody\n${code}\n`, 'app.ts')
      expect(changed).toBe(true)
      expect(notes).toEqual(expected.map((text) => ({ line: 3, text: expect.stringContaining(text) })))
    })
})

describe('mutated white space', () => {
  const spaces = ['', ' ', '\t', '   ', ' /* twilio.webhook() */ ', '/**/']
  const breaks = ['\n', '\r\n', '\n\n', ' // require("twilio")\n', '\t\n\t', ' /* a\r\n b */\n', '\r\n  ']
  const isTrivia = (type: string): boolean => /^(WhiteSpace|LineTerminatorSequence|.*Comment)$/.test(type)

  const splitTokens = ({ name, text }: Source) => [...jsTokens(text, { jsx: /x$/.test(name) })]

  /** Lists what a text says, without the layout and the marks between declarations. */
  const listWords = (source: Source): readonly string[] =>
    splitTokens(source)
      .filter(({ type }) => !isTrivia(type))
      .map(({ value }) => value)
      .filter((word) => !/^([;,]|const|let|var)$/.test(word))

  const listComments = (source: Source): readonly string[] =>
    splitTokens(source)
      .filter(({ type }) => type.endsWith('Comment'))
      .map(({ value }) => value.trim())

  const mutated = fc
    .tuple(fc.constantFrom(...moving, ...staying), fc.infiniteStream(fc.nat({ max: 41 })), fc.boolean())
    .map(([source, numbers, mark]) => {
      const next = (list: readonly string[]): string => list[(numbers.next().value as number) % list.length] ?? ''
      const parts = splitTokens(source).map(({ type, value }, index, tokens) => {
        if (type === 'WhiteSpace') return next(spaces.slice(1))
        // The rest of the line is a comment after `//` or `#!`.
        const isComment = /^(SingleLine|Hashbang)Comment$/.test(tokens[index - 1]?.type ?? '')
        if (type === 'LineTerminatorSequence') return next(isComment ? breaks.slice(0, 3) : breaks)
        if (type === 'Punctuator' && /^[(),.{}[\]=]$/.test(value)) return next(spaces) + value + next(spaces)
        return value
      })
      return { source, text: (mark ? '\uFEFF' : '') + parts.join('') }
    })

  test('changes neither what moves nor what it becomes', () => {
    const results: Source[] = []
    fc.assert(
      fc.property(mutated, ({ source: { name, text: original }, text }) => {
        const { source, changed, notes } = transform(text, name)
        const expected = transform(original, name)
        expect(changed).toBe(expected.changed)
        expect(listWords({ name, text: source.replace('\uFEFF', '') })).toEqual(
          listWords({ name, text: expected.source }),
        )
        expect(notes.map((note) => note.text)).toEqual(expected.notes.map((note) => note.text))
        const kept = new Set(listComments({ name, text: source }))
        expect(listComments({ name, text }).filter((comment) => !kept.has(comment))).toEqual([])
        if (changed) results.push({ name, text: source })
        else expect(source).toBe(text)
      }),
      { numRuns: 400 },
    )
    expectGuards(results)
  })
})

describe('mutated order of statements', () => {
  const authToken = '0123456789abcdef0123456789abcdef'
  const url = 'https://app.example.com/sms'
  const params = { Body: 'hello' }
  const signatures = [authToken, 'f'.repeat(32)].map((token) => {
    const { headers } = signRequest({ url, params, authToken: token })
    return new Headers(headers as Record<string, string>).get('x-twilio-signature')
  })
  const call = 'validateRequest(token, ...args)'
  const declarations = [
    "var twilio = require('twilio')",
    "const twilio = require('twilio') // the SDK",
    'let twilio = require(`twilio`)',
    "var path = require('path'), twilio = require('twilio'), os = require('os')",
    "const twilio = require('twilio'), { twiml } = twilio",
    "if (token) var twilio = require('twilio')",
  ]
  const uses = [
    `function check(...args) { return twilio.${call} }`,
    'checks.push((...args) => check(...args))',
    `checks.push((...args) => twilio . ${call})`,
    `class Guard { check(...args) { const sdk = require('twilio'); return [sdk.twiml, sdk.${call}] } }`,
    'checks.push((...args) => new Guard().check(...args)[1])',
    'checks.push(twilio.validateRequest.bind(null, token))',
    'const { validateRequest, Twilio } = twilio',
    `checks.push((...args) => ${call})`,
    `(function () { var twilio = require('twilio'); checks.push((...args) => twilio.${call}) })()`,
    `[1].forEach(() => { const { validateRequest: v, jwt } = require('twilio'); checks.push((...args) => jwt && v(token, ...args)) })`,
    "checks.push(() => typeof twilio.twiml.VoiceResponse === 'function')",
    "checks.push(() => twilio('AC00000000000000000000000000000000', 'token').accountSid)",
    "checks.push(require('twilio').validateRequest.bind(null, token))",
    'var tollgate = checks.length',
    'function hide(twilio) { return twilio.webhook() }',
    `object = { get check() { var os = require('os'), t = require('twilio'); return (...args) => t?.${call} && t.twiml } }`,
    'checks.push((...args) => Boolean(object.check(...args)))',
  ]
  const program = fc
    .tuple(fc.constantFrom(...declarations), fc.subarray(uses, { minLength: 1 }), fc.boolean(), fc.boolean())
    .chain(([declaration, chosen, strict, semicolons]) =>
      fc.shuffledSubarray([declaration, ...chosen], { minLength: chosen.length + 1 }).map((statements) => {
        const join = (text: string): string => {
          if (!semicolons) return /^[[(]/.test(text) ? `;${text}` : text
          return text.includes('//') ? text.replace(' //', '; //') : `${text};`
        }
        return [...(strict ? ["'use strict'"] : []), 'var object', ...statements].map(join).join('\n')
      }),
    )

  const requireHere = createRequire(import.meta.url)

  /** Runs a program, and returns what each of its checks says, or the kind of its error. */
  function run(text: string): unknown {
    const checks: ((...args: unknown[]) => unknown)[] = []
    const attempt = (action: () => unknown): unknown => {
      try {
        return action()
      } catch (error) {
        return (error as Error).name
      }
    }
    const loading = attempt(() => new Function('require', 'checks', 'token', text)(requireHere, checks, authToken))
    const answers = signatures.map((signature) => checks.map((check) => attempt(() => check(signature, url, params))))
    return [loading, answers]
  }

  test('changes nothing that the program does', () => {
    fc.assert(
      fc.property(program, (text) => {
        const { source, changed } = transform(text, 'app.js')
        const moves = /\.\s*validateRequest|\{ validateRequest/.test(text)
        expect(changed).toBe(moves)
        expect(/require\(['`]twilio['`]\)[^;\n]*\.validateRequest/.test(source)).toBe(false)
        expect(run(source)).toEqual(run(text))
      }),
      { numRuns: 500 },
    )
  })
})

describe('a result that would damage the file', () => {
  const text = "const twilio = require('twilio')\nmodule.exports = twilio\n"

  for (const [title, edit] of [
    ['does not parse', (edits: Edits) => edits.insert(5, '{')],
    ['uses an undeclared name', (edits: Edits) => edits.replace({ start: 50, end: 56 }, 'tollgate')],
    ['declares a name twice', (edits: Edits) => edits.insert(text.length, 'const twilio = 1')],
    [
      'comes from edits that overlap',
      (edits: Edits) => [0, 3].map((start) => edits.replace({ start, end: 5 }, 'const')),
    ],
  ] as const)
    test(`is not written if it ${title}`, () => {
      const parsed = parse(text, 'app.js')
      const edits = new Edits(text, parsed.comments)
      edits.replace({ start: 24, end: 30 }, 'tollgate/compat')
      expect(applySafely(edits, parsed)).toBe(text.replace("'twilio'", "'tollgate/compat'"))
      edit(edits)
      expect(applySafely(edits, parsed)).toBe(undefined)
    })
})

describe('a list that is split', () => {
  for (const [title, list, others, movers] of [
    ['in one line', '{ jwt, webhook, twiml }', '{ jwt, twiml }', '{ webhook }'],
    ['without spaces', '{webhook,jwt}', '{jwt}', '{webhook}'],
    ['with a comma at the end', '{ jwt, webhook, }', '{ jwt, }', '{ webhook, }'],
    ['in lines', '{\n  jwt,\n  webhook\n}', '{\n  jwt\n}', '{\n  webhook\n}'],
    ['with commas first', '{ jwt\n, webhook\n, twiml\n}', '{ jwt\n, twiml\n}', '{ webhook\n\n}'],
    ['with blank lines', '{\n  webhook,\n\n  jwt,\n}', '{\n\n  jwt,\n}', '{\n  webhook,\n}'],
    ['with notes', '{\n  // a\n  jwt, // b\n  webhook, // c\n}', '{\n  // a\n  jwt, // b\n}', '{\n  webhook, // c\n}'],
    [
      'with a note before a comma',
      '{jwt, // a\n  webhook // b\n  ,twiml }',
      '{jwt, // a\ntwiml }',
      '{\n  webhook // b\n   }',
    ],
    ['with a note at the end', '{ webhook, // a\n  jwt }', '{\n  jwt }', '{ webhook // a\n }'],
    ['with braces in notes', '{ jwt /* } */, /* { */ webhook }', '{ jwt /* } */ }', '{ /* { */ webhook }'],
  ] as const)
    test(`${title} keeps its lines and notes`, () => {
      for (const [before, after] of [
        [`export ${list} from 'twilio'`, `export ${others} from 'twilio'\nexport ${movers} from 'tollgate/compat'`],
        [`import ${list} from 'twilio'`, `import ${others} from 'twilio'\nimport ${movers} from 'tollgate/compat'`],
        [
          `var ${list} = require('twilio')`,
          `var ${others} = require('twilio')\nvar ${movers} = require('tollgate/compat')`,
        ],
      ] as const)
        expect(transform(`${before}\n`, 'app.js').source).toBe(`${after}\n`)
    })
})

describe('limits', () => {
  const head = "require('twilio').webhook({ url })\n"

  for (const [title, text] of [
    ['sums', `text = ${'1 +\n'.repeat(20_000)} 1`],
    ['chains', `all${'.then(next)'.repeat(20_000)}`],
  ] as const)
    test(`${title} that are nested too deeply are an error that says so`, () => {
      expect(() => transform(head + text, 'app.js')).toThrow(
        new RangeError('this file is too large or nested too deeply'),
      )
    })

  test('a result that is nested too deeply is such an error too', () => {
    const parsed = parse(head, 'app.js')
    const edits = new Edits(head, parsed.comments)
    edits.insert(head.length, `all${'.then(next)'.repeat(20_000)}`)
    expect(() => applySafely(edits, parsed)).toThrow(RangeError)
  })
})

describe('files that are not read', () => {
  test('a file without twilio is not parsed', () => {
    expect(transform('const = 1', 'app.js')).toEqual({ source: 'const = 1', changed: false, notes: [] })
  })

  test('a file that cannot be parsed gives an error with its line', () => {
    expect(() => transform('\nconst = twilio', 'app.js')).toThrow('line 2')
  })
})
