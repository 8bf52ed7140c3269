import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dropSegments } from '../src/adapters/shared/path-guard.ts'
import { createPathFilter } from '../src/verify/paths.ts'

const hex = (char: string) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`
const twice = (char: string) => hex(char).replace('%', '%25')

/** Spellings of a path that some router, server or proxy reads as the same path. */
const tricks: Record<string, (path: string, at: number) => string> = {
  'no change': (path) => path,
  'upper case': (path) => path.toUpperCase(),
  'one letter in upper case': (path, at) => replaceLetter(path, at, (char) => char.toUpperCase()),
  'one letter encoded': (path, at) => replaceLetter(path, at, hex),
  'one letter encoded, in upper case': (path, at) =>
    replaceLetter(path, at, (char) => hex(char.toUpperCase()).toUpperCase()),
  'one letter encoded twice': (path, at) => replaceLetter(path, at, twice),
  'all letters encoded': (path) => path.replace(/[a-z]/gi, hex),
  'a double slash': (path, at) => replaceSlash(path, at, '//'),
  'three slashes': (path, at) => replaceSlash(path, at, '///'),
  'a dot segment': (path, at) => replaceSlash(path, at, '/./'),
