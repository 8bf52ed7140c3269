import type { KeyObject } from 'node:crypto'

export function makeMail(megabytes: number): Generator<Buffer>
export function signMail(megabytes: number, privateKey: KeyObject): Record<string, string>
