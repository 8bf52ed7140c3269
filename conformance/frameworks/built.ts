import type { Framework } from '../adapter/framework.ts'
import { type BuildPlan, buildApp } from '../projects/build-app.ts'
import { nodeBinary } from '../projects/prepare.mjs'
import { type RemoteServer, startRemote } from '../projects/remote.ts'

/** One version of a framework that is built for production and served by its own program. */
export interface Version {
  readonly name: string
  /** The project in which it is installed. */
  readonly project: string
  readonly nodeMajor: number
  /**
   * The commands that build and serve it: a file below the project's node_modules or of the built
   * application, and its arguments.
   */
  readonly build: BuildPlan['command']
  readonly serve: { readonly installed?: string; readonly built: string }
  readonly env?: Readonly<Record<string, string>>
  readonly exceptions: Framework['exceptions']
  readonly webSocket?: true
}

/** Builds an application with one version, unless it is built, and starts it. */
export async function startBuilt(
  { project, nodeMajor, build, serve, env = {} }: Version,
  plan: Omit<BuildPlan, 'project' | 'node' | 'command' | 'env'>,
  runtimeEnv: Readonly<Record<string, string>> = {},
): Promise<RemoteServer> {
  const node = nodeBinary(nodeMajor)
  const directory = buildApp({ ...plan, project, node, command: build, env })
  // Seen from the build, `../..` is the project.
  const installed = serve.installed === undefined ? [] : [`../../node_modules/${serve.installed}`]
  const [script = '', ...args] = [...installed, serve.built]
  return startRemote({ directory, node, script, args: () => args, env: runtimeEnv })
}

/**
 * Makes a framework whose adapter wraps one endpoint, so it has neither `paths` nor body parsers.
 */
export function makeBuiltFramework({ name, exceptions, webSocket }: Version, server: () => RemoteServer): Framework {
  return {
    name,
    start: async (scenario) => server().play(scenario),
    ...(webSocket && { webSocket }),
    exceptions,
  }
}
