import { signRequest } from 'tollgate/testing'
import { assert, assertAccepted, assertEqual, assertRejected } from '../kit/assert.ts'
import type { Library } from '../kit/library.ts'
import { type CaseTable, defineSuite, type Suite } from '../kit/suite.ts'
import { alterations } from './alterations.ts'
import { fixtureBodies, fixtureSpecimens, publishedSpecimens, type Specimen } from './specimens.ts'
import { verifySpecimen } from './verify-specimen.ts'

const specimens: readonly Specimen[] = [...publishedSpecimens, ...fixtureSpecimens]

/**
 * Lists the suites for vectors: each vector and fixture gets its verdict, and with one change is
 * refused.
 */
export function vectorsSuites(library: Library): readonly Suite[] {
  return [
    defineSuite(
      'unchanged vectors',
      Object.fromEntries(specimens.map((one) => [one.title, () => checkVerdict(library, one)])),
    ),
    defineSuite('vectors with one change', listAlteredCases(library)),
    defineSuite(
      'vectors through RequestValidator',
      Object.fromEntries(
        publishedSpecimens.filter(isSha1).map((one) => [one.title, () => checkValidator(library, one)]),
      ),
    ),
    defineSuite(
      'fixtures signed by the testing kit',
      Object.fromEntries(
        fixtureSpecimens.filter(isForm).map((one) => [one.title, () => checkSignedAnew(library, one)]),
      ),
    ),
    defineSuite(
      'forms as they were sent',
      Object.fromEntries(fixtureBodies.map((one) => [one.title, () => checkWire(library, one.title, one.wire)])),
    ),
  ]
}

async function checkVerdict(library: Library, specimen: Specimen): Promise<void> {
  const verdict = await verifySpecimen(library, specimen)
  if (!specimen.valid) {
    assertRejected(verdict, 'signature_mismatch', 'body_hash_mismatch')
    return
  }
  const { covers, params, matched } = assertAccepted(verdict)
  const expected = specimen.params ? 'params' : specimen.body ? 'body' : 'url'
  assertEqual(covers, expected, 'what the signature covers')
  if (specimen.params) assertEqual([...params], listDistinct(specimen.params), 'the parameters, in order')
  assertEqual(matched.key.kind, specimen.sharedKeyId === undefined ? 'auth_token' : 'shared_key', 'the kind of key')
}

function listAlteredCases(library: Library): CaseTable {
  const cases: Record<string, () => Promise<void>> = {}
  for (const specimen of specimens.filter(({ valid }) => valid))
    for (const [name, alter] of Object.entries(alterations)) {
      const altered = alter(specimen)
      if (altered.length === 0) continue
      cases[`${specimen.title}: ${name}`] = async () => {
        for (const one of altered) assertRejected(await verifySpecimen(library, one.specimen), ...one.codes)
      }
    }
  return cases
}

const isSha1 = (specimen: Specimen): boolean => specimen.sharedKeyId === undefined
const isForm = (specimen: Specimen): boolean => specimen.params !== undefined && isSha1(specimen)

function checkValidator(library: Library, { url, params, body, headers, secret, valid }: Specimen): void {
  const validator = new library.RequestValidator(secret)
  const signature = headers['x-twilio-signature']
  assertEqual(validator.validate(url, params ?? body ?? '', signature), valid, 'validate')
  assert(!validator.validate(`${url}x`, params ?? body ?? '', signature), 'another URL was accepted')
  assert(
    !validator.validate(url, params ? [...params, ['a', 'b']] : `${body} `, signature),
    'another body was accepted',
  )
}

/**
 * Checks that a signature of the testing kit verifies. The fixture's own signature was made
 * independently.
 */
async function checkSignedAnew(library: Library, specimen: Specimen): Promise<void> {
  const { url, params = [], secret } = specimen
  const signed = signRequest({ url, params, authToken: secret })
  const { 'x-twilio-signature': signature = '' } = signed.headers
  assertAccepted(
    await verifySpecimen(library, { ...specimen, headers: { ...specimen.headers, 'x-twilio-signature': signature } }),
  )
}

async function checkWire(library: Library, title: string, wire: string): Promise<void> {
  const specimen = fixtureSpecimens.find((one) => one.title === title)
  assert(specimen !== undefined, 'no such fixture')
  const { params = [], ...rest } = specimen
  const { params: received } = assertAccepted(await verifySpecimen(library, { ...rest, body: wire }))
  assertEqual([...received], listDistinct(params), 'the parameters')
}

/** Equal pairs are signed once, and returned once. */
function listDistinct(pairs: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] {
  return pairs.filter(
    (pair, index) => pairs.findIndex(([name, value]) => name === pair[0] && value === pair[1]) === index,
  )
}
