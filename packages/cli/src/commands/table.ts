import type { Commands } from './command.ts'

/** Every command, with those that are used most first. To add one, add a row. */
export const commands: Commands = {
  dev: {
    describe: 'Show each webhook on a page, in front of your local server or of a small one built in',
    load: () => import('./dev.ts'),
  },
  send: { describe: 'Send a signed webhook to your server', load: () => import('./send.ts') },
  diagnose: {
    describe: 'Explain why a request does not verify, and how to fix it',
    load: () => import('./diagnose.ts'),
  },
  verify: { describe: 'Check whether Twilio signed a request', load: () => import('./verify.ts') },
  sign: {
    describe: 'Sign a request as Twilio would, and print its headers and a curl command',
    load: () => import('./sign.ts'),
  },
  gateway: {
    describe: 'Run the gateway, a verifying reverse proxy, in front of a server',
    load: () => import('./gateway.ts'),
  },
  audit: {
    describe: 'List the webhook URLs of a Twilio account and its subaccounts, with their faults',
    load: () => import('./audit.ts'),
  },
  conform: {
    describe: 'Score how well any receiver tells genuine webhooks from forged ones',
    load: () => import('./conform.ts'),
  },
  call: {
    describe: 'Call your server as Twilio does, and walk through its TwiML',
    load: () => import('./call.ts'),
  },
}

/** Other names of commands, which other tools use. */
export const aliases: Readonly<Record<string, string>> = { listen: 'dev', trigger: 'send' }
