import type { CopyForm } from '../../shared/api.ts'
import type { Capture } from '../../shared/capture.ts'
import { writeCurl } from './curl.ts'
import { writeAsciiJson } from './escape.ts'
import { writeTest } from './test-code.ts'

/** Writes only the fields that the command line's `--capture` reads. */
function writeFixture({ method, url, headers, body, bodyBase64 }: Capture): string {
  return `${writeAsciiJson({ method, url, headers, body, bodyBase64 }, 2)}\n`
}

/** The writer of each form that a capture can be copied in. */
export const writers: Readonly<Record<CopyForm, (capture: Capture) => string>> = {
  curl: writeCurl,
  test: writeTest,
  fixture: writeFixture,
}
