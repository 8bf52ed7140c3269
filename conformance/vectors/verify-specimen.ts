import type { Verdict } from 'tollgate'
import type { Library } from '../kit/library.ts'
import { bodyOf, type Specimen } from './specimens.ts'

/** Verifies a specimen with the options that its receiver would have. */
export async function verifySpecimen(library: Library, specimen: Specimen): Promise<Verdict> {
  const { origin, target } = splitUrl(specimen.url)
  const { method, headers, handshake, secret, sharedKeyId } = specimen
  const keys = sharedKeyId === undefined ? { authToken: secret } : { sharedKeys: { [sharedKeyId]: secret } }
  const verifier = library.createVerifier({ publicUrl: origin, ...keys })
  return verifier.verify({ method, url: target, headers, handshake, body: bodyOf(specimen) })
}

function splitUrl(url: string): { origin: string; target: string } {
  const [, origin = '', target = ''] = /^([a-z]+:\/\/[^/?]*)(.*)$/s.exec(url) ?? []
  return { origin, target: target === '' ? '/' : target }
}
