import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { signRequest } from '../src/testing/index.ts'
import { testProperty } from './property.ts'

const authToken = '0123456789abcdef0123456789abcdef'

/**
 * Returns the arguments that a real shell passes to a command named curl. A body from standard
 * input takes the place of its option.
 */
function readArguments(command: string): string[] {
  const script = `curl() { printf '%s\\0' "$@"; case "$*" in *'--data-binary @-'*) cat; printf '\\0' ;; esac; }\n${command}`
  const words = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)
  const at = words.indexOf('--data-binary')
  if (at !== -1) words.splice(at, 2, '--data-raw', words.pop() ?? '')
  return words
}

const piece = fc.oneof(
  fc.constantFrom("'", '"', '\\', '$(id)', '`id`', '\n', '!', "'\\''", '@', '%'),
  fc.string({ unit: 'binary' }),
)
const body = fc.array(piece).map((pieces) => pieces.join('').replaceAll('\0', ''))
testProperty('a shell passes any body unchanged', 50, [body], (text) => {
  const signed = signRequest({ url: 'https://example.com/', body: text, contentType: 'text/plain', authToken })
  const words = readArguments(signed.toCurl())
  expect(words[words.indexOf('--data-raw') + 1]).toBe(signed.body)
})

test('methods and empty headers are written as curl expects them', () => {
  const url = 'https://example.com/'
  expect(readArguments(signRequest({ url, method: 'POST', authToken }).toCurl())).toContain('POST')
  expect(readArguments(signRequest({ url, method: 'HEAD', authToken }).toCurl())).toContain('--head')
  expect(readArguments(signRequest({ url, headers: { accept: '' }, authToken }).toCurl())).toContain('accept;')
  expect(readArguments(signRequest({ url: 'wss://example.com/s', authToken }).toCurl())).toEqual(
    expect.arrayContaining(['--http1.1', 'upgrade: websocket', 'https://example.com/s']),
  )
})
