import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { requireProgram } from '../../tools/programs.mjs'

export interface Certificate {
  /** The files of the certificate, of its key, and of both together. */
  readonly crt: string
  readonly key: string
  readonly pem: string
}

/** Makes a self-signed certificate for `*.example.com` that is valid for a day. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const openssl = requireProgram('openssl')
  const [crt, key, pem] = ['crt', 'key', 'pem'].map((ending) => join(folder, `example.com.${ending}`)) as [
    string,
    string,
    string,
  ]
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  const names = ['-subj', '/CN=example.com', '-addext', 'subjectAltName=DNS:*.example.com']
  await promisify(execFile)(openssl, ['req', ...kind, ...names, '-keyout', key, '-out', crt])
  writeFileSync(pem, readFileSync(crt, 'utf8') + readFileSync(key, 'utf8'), { mode: 0o600 })
  return { crt, key, pem }
}
