import { readFileSync } from 'node:fs'

/** A webhook of `conformance/data/webhooks.json`. */
export interface Fixture {
  id: string
  scheme: string
  method: string
  configuredUrl: string
  receivedUrl: string
  signedUrl: string
  headers: Record<string, string>
  params: [string, string][]
  rawBody: string
  key: 'authToken' | 'subaccountAuthToken' | 'sharedKeySecret'
}

interface FixtureFile {
  meta: Record<Fixture['key'], string>
  fixtures: Fixture[]
}

const file = new URL('../../../conformance/data/webhooks.json', import.meta.url)
const { meta, fixtures } = JSON.parse(readFileSync(file, 'utf8')) as FixtureFile

export const secrets: Record<Fixture['key'], string> = meta

/** Those signed by Twilio's own scheme. */
export const twilioFixtures: Fixture[] = fixtures.filter(({ scheme }) => scheme.startsWith('twilio'))
