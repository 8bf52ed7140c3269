import { fstatSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'

/** Writes lines to standard output or standard error. It never throws, and counts lost lines. */
type LineWriter = ReturnType<typeof openLineWriter>

const writers = new Map<1 | 2, LineWriter>()

/** Returns the writer of standard output (1) or standard error (2). */
export function getLineWriter(fd: 1 | 2): LineWriter {
  const writer = writers.get(fd) ?? openLineWriter(fd)
  writers.set(fd, writer)
  return writer
}

function openLineWriter(fd: 1 | 2) {
  const stats = fstatSync(fd)
  const drop = (): void => void writer.dropped++
  // A device, such as /dev/null, is like a file. A terminal is a stream.
  const isFile = stats.isFile() || (stats.isCharacterDevice() && !isatty(fd))
  const write = isFile ? writeToFile(fd, drop) : writeToStream(fd === 1 ? process.stdout : process.stderr, drop)
  const writer = { write, dropped: 0 }
  return writer
}

/**
 * Writes to a file at once. `process.stdout` would stay closed after an error, such as a full disk.
 */
function writeToFile(fd: number, drop: () => void) {
  /** The rest of a line that was written in part. It is written before the next line. */
  let rest: Uint8Array = new Uint8Array(0)

  /** Returns false if bytes are left. */
  function finish(): boolean {
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest))
      return true
    } catch {
      return false
    }
  }

  return (line: string): void => {
    if (finish()) {
      rest = Buffer.from(line)
      const { length } = rest
      if (finish() || rest.length < length) return
      rest = new Uint8Array(0)
    }
    drop()
  }
}

/** The bytes that may wait for a reader. */
const maxWaitingBytes = 1024 * 1024

/**
 * Writes to a pipe, a socket or a terminal. Lines wait in memory for a reader that is slow. More
 * lines are dropped: Docker and journald stop reading when their own disk is full.
 */
function writeToStream(stream: NodeJS.WriteStream, drop: () => void) {
  // Without a listener, an error would end the process. Each lost line is counted below.
  stream.on('error', () => undefined)
  const onWritten = (error?: Error | null): void => {
    if (error) drop()
  }
  return (line: string): void => {
    if (stream.writableLength > maxWaitingBytes) drop()
    else stream.write(line, onWritten)
  }
}
