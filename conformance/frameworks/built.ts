import type { Framework } from '../adapter/framework.ts'
import { type BuildPlan, buildApp } from '../projects/build-app.ts'
import { nodeBinary } from '../projects/prepare.mjs'
import { type RemoteServer, startRemote } from '../projects/remote.ts'

/** One version of a framework that is built for production, and served by a program of its own. */
export interface Version {
  readonly name: string
  /** The project that has it installed. */
  readonly project: string
  readonly nodeMajor: number
  /** What builds and what serves it: files below the project's node_modules, or of the built application, and arguments. */
  readonly build: BuildPlan['command']
  readonly serve: { readonly installed?: string; readonly built: string }
  readonly env?: Readonly<Record<string, string>>
  readonly exceptions: Framework['exceptions']
  readonly webSocket?: true
}

/** Builds an application with one version, where that is not done yet, and starts it. */
export async function startBuilt(
  { project, nodeMajor, build, serve, env = {} }: Version,
  plan: Omit<BuildPlan, 'project' | 'node' | 'command' | 'env'>,
  runtimeEnv: Readonly<Record<string, string>> = {},
): Promise<RemoteServer> {
  const node = nodeBinary(nodeMajor)
  const directory = buildApp({ ...plan, project, node, command: build, env })
  // In the build, `../..` is the project.
  const installed = serve.installed === undefined ? [] : [`../../node_modules/${serve.installed}`]
  const [script = '', ...args] = [...installed, serve.built]
  return startRemote({ directory, node, script, args: () => args, env: runtimeEnv })
}

/** A wrapper of one endpoint, so that it has neither paths nor parsers around it. */
export function makeBuiltFramework({ name, exceptions, webSocket }: Version, server: () => RemoteServer): Framework {
  return {
    name,
    start: async (scenario) => server().play(scenario),
    paths: false,
    mounts: false,
    stacks: false,
    appBody: false,
    ...(webSocket && { webSocket }),
    parsersBefore: {},
    parsersAfter: [],
    exceptions,
  }
}
