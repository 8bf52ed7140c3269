import type { Commands } from './command.ts'

/** Every command. To add one, add a row. */
export const commands: Commands = {
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
  conform: {
    describe: 'Score how well any receiver tells genuine webhooks from forged ones',
    load: () => import('./conform.ts'),
  },
  completion: {
    describe: 'Print the completion script of a shell',
    load: async () => ({ command: (await import('./completion.ts')).createCommand(commands) }),
  },
}
