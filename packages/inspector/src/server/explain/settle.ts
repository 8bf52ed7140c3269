import { existsSync } from 'node:fs'
import { keepRequest } from 'tollgate/internal'
import type { Capture } from '../../shared/capture.ts'
import { toRecorded } from '../recorded.ts'

/** As many files are kept, see `keepRequest`. */
const mostFiles = 5

/**
 * Creates the function that completes the commands which settle a rejection. They read the request
 * from a file that only the user can read, because the captures are in the memory of this run.
 * @param keeps writes the file. Otherwise, and in production, the commands have no request
 * @param secrets texts that no file may have
 */
export function createSettler(keeps: boolean, secrets: readonly string[]): (capture: Capture) => Capture {
  const files = new Map<string, string>()
  const keep = (capture: Capture): string | undefined => {
    const { id, time } = capture
    const known = files.get(id)
    if (known !== undefined && existsSync(known)) return known
    const path = keepRequest({ ...toRecorded(capture), time }, secrets)
    if (path !== undefined) files.set(id, path)
    const [oldest] = files.keys()
    if (files.size > mostFiles && oldest !== undefined) files.delete(oldest)
    return path
  }
  return (capture) => {
    const { explanation, signedWith } = capture
    // A spoofed test of the page has nothing to settle.
    if (explanation?.question === undefined || !keeps || signedWith === 'random') return capture
    const path = keep(capture)
    if (path === undefined) return capture
    // A path that a shell would change is left out: the request is the last that was kept.
    const source = /^[\w./:+@-]+$/.test(path) ? path : '--last'
    const question = explanation.question.map(({ text, command }) => ({
      text,
      command: command?.replace(' diagnose ', ` diagnose ${source} `),
    }))
    return { ...capture, explanation: { ...explanation, question } }
  }
}
