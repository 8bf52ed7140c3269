import type { Scenario } from './scenario.ts'

/** A server of a real framework, on 127.0.0.1. */
export interface Running {
  readonly port: number
  close(): Promise<void>
  /**
   * Returns the journal of the scenario's copy, if the server runs in another process or runtime.
   */
  journal?(): Promise<Scenario['journal']>
}

/** The result for a request whose body a parser of the framework read before the adapter. */
export interface ParserBefore {
  readonly form: 'accepted' | 'consumed'
  readonly json: 'accepted' | 'consumed'
  /** True if names such as `a[b]` and `__proto__` still verify. */
  readonly keepsNames: boolean
}

export const kept: ParserBefore = { form: 'accepted', json: 'accepted', keepsNames: true }
export const lost: ParserBefore = { form: 'consumed', json: 'consumed', keepsNames: false }

/**
 * A framework as the suite sees it. `start` serves one scenario at every path: it puts the adapter
 * with the scenario's options in front of `handle`, and sends the reply of `handle`. A server in
 * another process makes the scenario there from its id, with `makeScenario`.
 */
export interface Framework {
  readonly name: string
  start(scenario: Scenario): Promise<Running>
  /** True if the adapter has the option `paths`. Wrappers do not. */
  readonly paths?: boolean
  /**
   * True if the router mounts a handler at every path that starts with the given text, so that
   * `paths` guards these too. Default false.
   */
  readonly mountsByText?: boolean
  /** True if the adapter works under a prefix (`scenario.mountedAt`) that the framework strips. */
  readonly mounts?: boolean
  /** True if two adapters may guard one request (`scenario.stacked`). */
  readonly stacks?: boolean
  /** True if the application's own body (`req.body`) is the second argument of `handle`. */
  readonly appBody?: boolean
  /** True if the adapter has the option `webSocket`, and only headers mark an upgrade. */
  readonly webSocket?: true
  /**
   * The address that the application can read: the target as Node.js gives it, a URL that is made
   * from the Host header, or both. Default: unknown, since a build or a platform stands between.
   */
  readonly address?: 'target' | 'url' | 'both'
  /** Parsers that `scenario.before` may name. */
  readonly parsersBefore?: Readonly<Record<string, ParserBefore>>
  /** Parsers that `scenario.after` may name. */
  readonly parsersAfter?: readonly string[]
  /**
   * Cases that the platform makes impossible, with the reason. Such a case still runs and must
   * fail: if it passes, the exception is out of date and the run fails.
   */
  readonly exceptions: Readonly<Record<string, string>>
}
