import { requestForms, type WrittenFormName, writeRequests } from 'tollgate/requests'
import type { CopyForm } from '../../shared/api.ts'
import type { Capture } from '../../shared/capture.ts'
import { toExported, toRecorded } from '../recorded.ts'
import { writeTest } from './test-code.ts'

interface ExportForm extends CopyForm {
  readonly name: WrittenFormName
}

/** The forms in which captures are exported. */
export const exportForms: readonly ExportForm[] = (
  Object.entries(requestForms).filter(([, { write }]) => write !== undefined) as [WrittenFormName, unknown][]
).map(([name]) => {
  const { label, extension, hasSeveral } = requestForms[name]
  return { name, label, extension, hasSeveral }
})

const test = { name: 'test', label: 'test', extension: 'mjs', hasSeveral: false } as const

/**
 * The forms in which one capture is copied: those that may be pasted anywhere. Others are saved as a
 * file. A test is no form of a request: it cannot be read again.
 */
export const copyForms: readonly (ExportForm | typeof test)[] = [
  ...exportForms.filter(({ name }) => requestForms[name].isInert),
  test,
]

/** Writes one capture for the clipboard: the request only. */
export function writeCopy(name: WrittenFormName | 'test', capture: Capture): Uint8Array {
  return name === 'test' ? Buffer.from(writeTest(capture)) : writeRequests(name, [toRecorded(capture)])
}

/**
 * Writes captures for a file, with their verdicts and answers where the form has a place for them.
 */
export function writeExport(
  name: WrittenFormName,
  captures: readonly Capture[],
): { readonly bytes: Uint8Array; readonly type: string } {
  return { bytes: writeRequests(name, captures.map(toExported)), type: requestForms[name].type }
}
