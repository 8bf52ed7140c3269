import { existsSync } from 'node:fs'
import { keepRequest } from 'tollgate/requests'
import type { Capture } from '../../shared/capture.ts'
import { toRecorded } from '../recorded.ts'

/** As many files are kept, see `keepRequest`. */
const mostFiles = 5

/**
 * Creates the function that names the command which settles the rejection of a capture. The command
 * reads the request from a file that only the user can read, because the captures are in memory or
 * in a store that only this run reads.
 * @param keeps writes the file. Otherwise, and in production, the command has no request
 * @param secrets texts that no file may have
 */
export function createSettler(keeps: boolean, secrets: readonly string[]): (capture: Capture) => string | undefined {
  const files = new Map<string, string>()
  return (capture) => {
    const { id, time, explanation, signedWith } = capture
    const command = explanation?.command
    // A spoofed test of the page has nothing to settle.
    if (command === undefined || !keeps || signedWith === 'random') return command
    const known = files.get(id)
    const path =
      known !== undefined && existsSync(known) ? known : keepRequest({ ...toRecorded(capture), time }, secrets)
    if (path === undefined) return command
    files.set(id, path)
    const [oldest] = files.keys()
    if (files.size > mostFiles && oldest !== undefined) files.delete(oldest)
    // A path that a shell would change is left out: the request is the last that was kept.
    return `${command} ${/^[\w./:+@-]+$/.test(path) ? `--capture ${path}` : '--last'}`
  }
}
