/** Holds the work of deliveries until the test lets it end. */
export interface Gate {
  /** The deliveries whose work is held. */
  readonly held: ReadonlyMap<string, () => void>
  /** The deliveries whose work has ended or may end. */
  readonly opened: ReadonlySet<string>
  /** Does the work of a delivery. Returns the text of its answer. */
  work(name: string): Promise<string>
  open(name: string): void
  /** Opens the gate for all deliveries, now and later. */
  openAll(): void
}

export function createGate(): Gate {
  const held = new Map<string, () => void>()
  const opened = new Set<string>()
  let isOpen = false
  const open = (name: string): void => {
    opened.add(name)
    held.get(name)?.()
    held.delete(name)
  }
  return {
    held,
    opened,
    async work(name) {
      if (!isOpen && !opened.has(name)) await new Promise<void>((resolve) => held.set(name, resolve))
      return writeAnswer(name)
    },
    open,
    openAll() {
      isOpen = true
      for (const resolve of held.values()) resolve()
      held.clear()
    },
  }
}

/** Returns the name of a delivery, which is its MessageSid. */
export function writeName(index: number, hasLongAnswer: boolean): string {
  return `SM${hasLongAnswer ? 'f' : '0'}${String(index).padStart(31, '0')}`
}

/** Returns the answer to a delivery. A long one is larger than the buffers of a socket. */
export function writeAnswer(name: string): string {
  return name.startsWith('SMf') ? name.padEnd(4_000_000, '.') : name
}
