import type { Command } from './command.ts'

interface Row {
  readonly describe: string
  /** Loaded when it is called, so that no command pays for another's dependencies. */
  load(): Promise<{ readonly command: Command }>
}

/** Every command: a new one is a new row here. */
export const commands: Readonly<Record<string, Row>> = {
  sign: { describe: 'Sign a request as Twilio would: its headers and a curl command', load: () => import('./sign.ts') },
  verify: { describe: 'Tell whether a request was signed by Twilio', load: () => import('./verify.ts') },
  diagnose: { describe: 'Tell why a request does not verify, and the fix', load: () => import('./diagnose.ts') },
  send: { describe: 'Deliver a signed webhook to your server', load: () => import('./send.ts') },
  gateway: { describe: 'Run the verifying proxy in front of a server', load: () => import('./gateway.ts') },
  dev: {
    describe: 'Run the gateway in front of a local server, with a page that shows each webhook',
    load: () => import('./dev.ts'),
  },
  completion: { describe: 'Print the completion script of a shell', load: () => import('./completion.ts') },
}
