import { fstatSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'

/** Writes lines to standard output or standard error. It never throws, and counts lost lines. */
type LineWriter = FileWriter | StreamWriter

const writers = new Map<1 | 2, LineWriter>()

/** Returns the writer of standard output (1) or standard error (2). */
export function getLineWriter(fd: 1 | 2): LineWriter {
  const writer = writers.get(fd) ?? openLineWriter(fd)
  writers.set(fd, writer)
  return writer
}

function openLineWriter(fd: 1 | 2): LineWriter {
  const stats = fstatSync(fd)
  // A device, such as /dev/null, is like a file. A terminal is a stream.
  if (stats.isFile() || (stats.isCharacterDevice() && !isatty(fd))) return new FileWriter(fd)
  return new StreamWriter(fd === 1 ? process.stdout : process.stderr)
}

/**
 * Writes to a file at once. `process.stdout` would stay closed after an error, such as a full disk.
 */
class FileWriter {
  readonly #fd: number
  /** The rest of a line that was written in part. It is written before the next line. */
  #rest: Uint8Array = new Uint8Array(0)
  dropped = 0

  constructor(fd: number) {
    this.#fd = fd
  }

  readonly write = (line: string): void => {
    if (!this.#finish()) return void this.dropped++
    this.#rest = Buffer.from(line)
    const { length } = this.#rest
    if (this.#finish() || this.#rest.length < length) return
    this.#rest = new Uint8Array(0)
    this.dropped++
  }

  /** Returns false if bytes are left. */
  #finish(): boolean {
    try {
      while (this.#rest.length > 0) this.#rest = this.#rest.subarray(writeSync(this.#fd, this.#rest))
      return true
    } catch {
      return false
    }
  }
}

/** The bytes that may wait for a reader. */
const maxWaitingBytes = 1024 * 1024

/**
 * Writes to a pipe, a socket or a terminal. Lines wait in memory for a reader that is slow. More
 * lines are dropped: Docker and journald stop reading when their own disk is full.
 */
class StreamWriter {
  readonly #stream: NodeJS.WriteStream
  dropped = 0

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
    // Without a listener, an error would end the process. Each lost line is counted below.
    stream.on('error', () => undefined)
  }

  readonly write = (line: string): void => {
    if (this.#stream.writableLength > maxWaitingBytes) this.dropped++
    else this.#stream.write(line, this.#onWritten)
  }

  readonly #onWritten = (error?: Error | null): void => {
    if (error) this.dropped++
  }
}
