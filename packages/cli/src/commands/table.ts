import type { Command } from './command.ts'

interface Row {
  readonly describe: string
  /** Imports the command when it is called, so that no command loads another's dependencies. */
  load(): Promise<{ readonly command: Command }>
}

/** Every command. To add one, add a row. */
export const commands: Readonly<Record<string, Row>> = {
  sign: {
    describe: 'Sign a request as Twilio would, and print its headers and a curl command',
    load: () => import('./sign.ts'),
  },
  verify: { describe: 'Check whether Twilio signed a request', load: () => import('./verify.ts') },
  diagnose: {
    describe: 'Explain why a request does not verify, and how to fix it',
    load: () => import('./diagnose.ts'),
  },
  send: { describe: 'Send a signed webhook to your server', load: () => import('./send.ts') },
  gateway: {
    describe: 'Run the gateway, a verifying reverse proxy, in front of a server',
    load: () => import('./gateway.ts'),
  },
  dev: {
    describe: 'Run the gateway in front of a local server, with a page that shows each webhook',
    load: () => import('./dev.ts'),
  },
  audit: {
    describe: 'List the webhook URLs of a Twilio account and its subaccounts, with their faults',
    load: () => import('./audit.ts'),
  },
  completion: { describe: 'Print the completion script of a shell', load: () => import('./completion.ts') },
}
