export { findCaptureUse, isCaptureSite } from './capture-sites.ts'
export { decodeContent } from './content.ts'
export type { ReadFile } from './curl-data.ts'
export { RequestError } from './error.ts'
export {
  type FormName,
  type ReadRequests,
  type ReadRequestsOptions,
  type RequestForm,
  readRequests,
  requestForms,
  type Source,
  type WrittenFormName,
  writeRequests,
} from './forms.ts'
export { isDeep, writeInertJson } from './json.ts'
export { keepRequest, listKeptRequests } from './kept.ts'
export {
  checkRequest,
  findHeader,
  findSharedKeyId,
  type HeaderList,
  hiddenValue,
  isBodyLost,
  type RecordedRequest,
  type RecordedResponse,
  type RecordedUrl,
  splitUrl,
  toIncoming,
} from './request.ts'
