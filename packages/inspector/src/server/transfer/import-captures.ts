import { randomUUID } from 'node:crypto'
import type { IncomingRequest } from 'tollgate'
import {
  guessScheme,
  type ReadRequests,
  type RecordedRequest,
  RequestError,
  readRequests,
  splitUrl,
  toIncoming,
} from 'tollgate/internal'
import type { ImportResult } from '../../shared/api.ts'
import type { Capture } from '../../shared/capture.ts'
import { describeVerdict } from '../describe-verdict.ts'
import { type BareCapture, fromRecorded, toRecorded } from '../recorded.ts'
import { createImportVerifiers, type OptionsByScheme } from '../schemes.ts'
import { HttpError } from '../web/answers.ts'

interface ImportTools {
  readonly optionsByScheme: OptionsByScheme
  readonly throwAwayIndex: number | undefined
  readonly keep: (capture: Capture) => void
}

// The store keeps no larger request.
const maxEntries = 2_000
const maxHeaders = 200
const maxUrl = 65_536
const maxBody = 1_048_576

/** Verifies each request of a file with the keys of this run. A verdict in the file is ignored. */
export function createImporter({ optionsByScheme, throwAwayIndex, keep }: ImportTools) {
  const verifiers = createImportVerifiers(optionsByScheme)
  return async (file: Uint8Array): Promise<ImportResult> => {
    const { requests } = readOrRefuse(file)
    const refused: { entry: number; reason: string }[] = []
    let imported = 0
    let copyNote: string | undefined
    for (const [index, given] of requests.slice(0, maxEntries).entries()) {
      const reason = given instanceof RequestError ? describeError(given) : describeExcess(given)
      if (given instanceof RequestError || reason !== undefined) {
        refused.push({ entry: index + 1, reason: reason ?? '' })
        continue
      }
      const bare = fromRecorded(given, given.target ?? splitUrl(given.url)?.target ?? given.url)
      const scheme = guessScheme(bare.headers)
      // A signature covers the whole body.
      const verdict = bare.bodyTruncated ? undefined : await verifiers.get(scheme.name)?.verify(toArrived(bare))
      keep({
        ...bare,
        id: randomUUID(),
        time: given.time ?? Date.now(),
        origin: 'imported',
        scheme: scheme.name,
        kind: scheme.nameKind(bare),
        verdict: verdict && describeVerdict(verdict, throwAwayIndex),
      })
      imported++
      copyNote ??= given.copyNote
    }
    if (requests.length > maxEntries)
      refused.push({ entry: maxEntries + 1, reason: `only the first ${maxEntries} entries of a file are read` })
    return { imported, refused, ...(copyNote !== undefined && { copyNote }) }
  }
}

function readOrRefuse(file: Uint8Array): ReadRequests {
  try {
    return readRequests(file, { from: 'The file' })
  } catch (error) {
    throw error instanceof RequestError ? new HttpError(400, error.message) : error
  }
}

function describeError({ reason, position }: RequestError): string {
  // The page names the entry.
  const [, ...inside] = (position ?? '').split(', ')
  return [...inside, reason].join(': ')
}

function describeExcess({ url, headers, body }: RecordedRequest): string | undefined {
  if (url.length > maxUrl) return 'its URL is too long'
  if (headers.length > maxHeaders) return `it has more than ${maxHeaders} headers`
  return body !== undefined && body.length > maxBody ? 'its body is larger than 1 MiB' : undefined
}

/** Converts a capture to the request that the verifier got. */
export function toArrived(capture: BareCapture): IncomingRequest {
  return { ...toIncoming(toRecorded(capture)), url: capture.target }
}
