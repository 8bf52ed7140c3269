/** The options with which Playwright starts Chromium. */
export interface ChromiumOptions {
  readonly executablePath: string
  readonly env: NodeJS.ProcessEnv
  readonly args: string[]
}

export function makeChromiumOptions(args?: readonly string[]): ChromiumOptions
