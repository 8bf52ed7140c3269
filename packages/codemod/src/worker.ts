import { plan } from './transform.ts'

// The parser is native code. A file that is nested deeply enough ends its process, so it has one
// that can end.
process.on('message', ({ source, file }: { readonly source: string; readonly file: string }) => {
  try {
    process.send?.({ planned: plan(source, file) })
  } catch (error) {
    process.send?.({ message: error instanceof Error ? error.message : String(error) })
  }
})
