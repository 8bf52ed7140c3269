import type { Scenario } from './scenario.ts'

/** A server of a real framework, on 127.0.0.1. */
export interface Running {
  readonly port: number
  close(): Promise<void>
  /** Where the server runs in another process or runtime: what its copy of the scenario has noted. */
  journal?(): Promise<Scenario['journal']>
}

/** What becomes of a request whose body a parser of the framework has read before the adapter. */
export interface ParserBefore {
  readonly form: 'accepted' | 'consumed'
  readonly json: 'accepted' | 'consumed'
  /** Whether names such as `a[b]` and `__proto__` still verify. */
  readonly keepsNames: boolean
}

/**
 * All that the suite has to know of a framework. `start` serves one scenario at every path: with its options in front of its
 * `handle`, whose reply it sends. A server in another process makes the scenario there, by its id, with `makeScenario`.
 */
export interface Framework {
  readonly name: string
  start(scenario: Scenario): Promise<Running>
  /** Middleware guards by `paths`; wrappers do not. */
  readonly paths: boolean
  /** Its router mounts a handler at every path that begins with the text, so that `paths` guards these. Default false. */
  readonly mountsByText?: boolean
  /** Whether the adapter can sit under a prefix (`scenario.mountedAt`) that the framework strips. */
  readonly mounts: boolean
  /** Whether two adapters may guard one request (`scenario.stacked`). */
  readonly stacks: boolean
  /** Whether the application's own body (`req.body`) is the second argument of `handle`. */
  readonly appBody: boolean
  /** Whether the adapter has the option `webSocket`, and only the headers of a request say that it is an upgrade. */
  readonly webSocket?: true
  /** Parsers that `scenario.before` may name. */
  readonly parsersBefore: Readonly<Record<string, ParserBefore>>
  /** Parsers that `scenario.after` may name. */
  readonly parsersAfter: readonly string[]
  /**
   * Cases that the platform makes impossible, by their name, with the reason. Such a case runs all the same, and has to fail: an
   * exception that is none any more is an error.
   */
  readonly exceptions: Readonly<Record<string, string>>
}
