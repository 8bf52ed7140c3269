import { randomUUID } from 'node:crypto'
import type { IncomingRequest } from 'tollgate'
import type { ImportResult } from '../../shared/api.ts'
import type { Capture } from '../../shared/capture.ts'
import { readBody } from '../body-text.ts'
import { describeVerdict } from '../describe-verdict.ts'
import { isHandshake } from '../read-capture.ts'
import { createImportVerifiers, guessScheme, type OptionsByScheme } from '../schemes.ts'
import { HttpError } from '../web/answers.ts'
import { readImport } from './read-import.ts'

interface ImportTools {
  readonly optionsByScheme: OptionsByScheme
  readonly throwAwayIndex: number | undefined
  readonly keep: (capture: Capture, request: IncomingRequest) => void
}

/** Verifies each request of a file with the keys of this run. A verdict in the file is ignored. */
export function createImporter({ optionsByScheme, throwAwayIndex, keep }: ImportTools) {
  const verifiers = createImportVerifiers(optionsByScheme)
  return async (file: unknown): Promise<ImportResult> => {
    const { requests, refused } = readOrRefuse(file)
    for (const imported of requests) {
      const request = toIncoming(imported)
      const scheme = guessScheme(imported.headers)
      const verdict = await verifiers.get(scheme.name)?.verify(request)
      keep(
        {
          ...imported,
          id: randomUUID(),
          time: imported.time ?? Date.now(),
          origin: 'imported',
          scheme: scheme.name,
          kind: scheme.nameKind(imported),
          verdict: verdict && describeVerdict(verdict, throwAwayIndex),
        },
        request,
      )
    }
    return { imported: requests.length, refused }
  }
}

function readOrRefuse(file: unknown): ReturnType<typeof readImport> {
  try {
    return readImport(file)
  } catch (error) {
    throw new HttpError(400, error instanceof Error ? error.message : 'The file cannot be read.')
  }
}

/** Converts a capture to the request that the verifier got, with repeated headers in a list. */
export function toIncoming(
  imported: Pick<Capture, 'method' | 'target' | 'headers' | 'body' | 'bodyBase64'>,
): IncomingRequest {
  const headers = new Map<string, string[]>()
  for (const [name, value] of imported.headers) {
    const key = name.toLowerCase()
    headers.set(key, [...(headers.get(key) ?? []), value])
  }
  return {
    method: imported.method,
    url: imported.target,
    headers: Object.fromEntries(headers),
    body: readBody(imported),
    // The file does not say whether a server took it as a handshake. The header shows the intent.
    handshake: isHandshake(imported),
  }
}
