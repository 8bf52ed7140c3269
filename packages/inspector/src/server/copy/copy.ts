import { writeRequests } from 'tollgate/internal'
import type { CopyForm, ExportFormat } from '../../shared/api.ts'
import type { Capture } from '../../shared/capture.ts'
import { toExported, toRecorded } from '../recorded.ts'
import { writeTest } from './test-code.ts'

/** Writes one capture for the clipboard: the request only. */
export function writeCopy(form: CopyForm, capture: Capture): Uint8Array {
  return form === 'test' ? Buffer.from(writeTest(capture)) : writeRequests(form, [toRecorded(capture)])
}

/** Writes captures for a file, with their verdicts and answers. */
export function writeExport(format: ExportFormat, captures: readonly Capture[]): Uint8Array {
  return writeRequests(format, captures.map(toExported))
}
