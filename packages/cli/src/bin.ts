#!/usr/bin/env node
import { EXIT } from './exit.ts'
import { run } from './run.ts'

// A reader such as `head` may close the pipe early. That is not an error, but a run that it cuts
// short has not found a request to be genuine.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The gateway listens too: it counts the lines of its log that are lost, and serves on.
  if (process.stdout.listenerCount('error') > 1) return
  if (error.code !== 'EPIPE') process.stderr.write(`tollgate: standard output cannot be written: ${error.code}\n`)
  process.exit(error.code === 'EPIPE' ? (process.exitCode ?? EXIT.notGenuine) : EXIT.notGenuine)
})
// Without a reader of its messages, a command still does its work and exits with its code.
process.stderr.on('error', () => undefined)

const { stdout, stderr, env } = process
process.exitCode = await run(process.argv.slice(2), {
  stdout,
  stderr,
  env,
  // Node.js opens it when it is first read.
  get stdin() {
    return process.stdin
  },
})
