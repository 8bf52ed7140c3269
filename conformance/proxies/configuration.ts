import { readFileSync } from 'node:fs'
import { assert } from '../kit/assert.ts'
import type { Certificate } from './certificate.ts'

/** The values that replace placeholders in a configuration of the documentation. */
interface Places {
  readonly port: number
  readonly appPort: number
  readonly certificate: Certificate
  /** The folder of static files. */
  readonly webRoot: string
}

/** Reads a configuration of the documentation, and replaces only its ports and files. */
export function readConfiguration(name: string, places: Places): string {
  const text = readFileSync(new URL(`../../examples/proxies/${name}`, import.meta.url), 'utf8')
  return fillConfiguration(text, places)
}

export function fillConfiguration(text: string, { port, appPort, certificate, webRoot }: Places): string {
  assert(
    text.includes('127.0.0.1:3000') && /\/etc\/ssl\/example\.com/.test(text),
    'the placeholders of a configuration',
  )
  return text
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${appPort}`)
    .replace('listen 443', `listen 127.0.0.1:${port}`)
    .replace('<VirtualHost *:443>', `<VirtualHost *:${port}>`)
    .replace('bind :443', `bind 127.0.0.1:${port}`)
    .replace('https://app.example.com {', `https://app.example.com:${port} {`)
    .replaceAll('/etc/ssl/example.com.crt', certificate.crt)
    .replaceAll('/etc/ssl/example.com.key', certificate.key)
    .replaceAll('/etc/ssl/example.com.pem', certificate.pem)
    .replaceAll('/srv/www', webRoot)
}
