#!/usr/bin/env node
import { processIo } from './io.ts'
import { run } from './run.ts'

// A reader such as `head` may close the pipe early. That is not an error.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit()
    throw error
  })

process.exitCode = await run(process.argv.slice(2), processIo())
