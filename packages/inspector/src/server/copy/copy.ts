import type { CopyForm } from '../../shared/api.ts'
import type { Capture } from '../../shared/capture.ts'
import { writeCurl } from './curl.ts'
import { writeAsciiJson } from './escape.ts'
import { writeTest } from './test-code.ts'

/** What `--capture` of the command line needs, and no more. */
function writeFixture({ method, url, headers, body, bodyBase64 }: Capture): string {
  return `${writeAsciiJson({ method, url, headers, body, bodyBase64 }, 2)}\n`
}

/** One row per form that a capture can be copied in. */
export const writers: Readonly<Record<CopyForm, (capture: Capture) => string>> = {
  curl: writeCurl,
  test: writeTest,
  fixture: writeFixture,
}
