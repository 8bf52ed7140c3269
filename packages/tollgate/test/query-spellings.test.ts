import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { respellQuery } from '../src/adapters/shared/query-spellings.ts'

const read = (query: string): [string, string][] => [...new URLSearchParams(query)]
const asForm = (pairs: readonly [string, string][]): string => `?${new URLSearchParams([...pairs])}`
const asComponents = (pairs: readonly [string, string][]): string =>
  `?${pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')}`

describe('respellQuery', () => {
  test.each([
