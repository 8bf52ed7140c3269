import { fromRequest, type VerifierOptions } from 'tollgate'
import type { LambdaEvent } from 'tollgate/lambda'

type Fields = Readonly<Record<string, string>>

/** A request as it reaches an app, after Twilio sent it to `url`. */
export type Arrival =
  /** A web Request, with the URL that the platform makes. */
  | { readonly as: 'fetch'; readonly url: string; readonly headers: Fields }
  /** A request to a server of Node.js: its target. */
  | { readonly as: 'express'; readonly target: string; readonly headers: Fields }
  /** An event of Lambda, to which the test adds the body. */
  | { readonly as: 'lambda'; readonly event: LambdaEvent; readonly headers: Fields }

/** A platform, with the form in which requests reach an app there. */
export interface Platform {
  readonly name: string
  readonly sources: readonly string[]
  /** The URL in the configuration of Twilio. */
  readonly url: string
  readonly arrival: Arrival
  /** The file of `examples/platforms`, and its export, which `docs/platforms.md` shows. */
  readonly example: readonly [file: string, name: string]
  /**
   * Configurations that lack a necessary option, by the name of the gap. They refuse the request.
   */
  readonly without: Readonly<Record<string, VerifierOptions>>
}

export const client = '203.0.113.7'
const https = { 'x-forwarded-for': client, 'x-forwarded-proto': 'https' }
export const fromHost = (host: string): VerifierOptions => ({ publicUrl: fromRequest({ allowedHosts: [host] }) })

const supabase = 'abcdefghijkl.supabase.co'
const functionsHost = 'us-central1-example.cloudfunctions.net'
const runHost = 'example-abcdefghij-uc.a.run.app'
export const query = "?step=1&note=it's%20|%2f"

export const servers: readonly Platform[] = [
  {
    name: 'Supabase Edge Functions',
    sources: [
      // "/functions/v1" is stripped (strip_path), the function's name stays.
      'https://github.com/supabase/supabase/blob/089440fa9ea511718ce27a85eaa6ba569aff1e98/docker/volumes/api/kong.yml',
      'https://supabase.com/docs/guides/functions/routing',
      // X-Forwarded-Host, -Proto and -Port of the gateway, Kong.
      'https://github.com/Kong/kong/issues/2202',
    ],
    url: `https://${supabase}/functions/v1/twilio${query}`,
    arrival: {
      as: 'fetch',
      url: `http://${supabase}/twilio${query}`,
      headers: { host: supabase, ...https, 'x-forwarded-host': supabase, 'x-forwarded-port': '443' },
    },
    example: ['fetch.mjs', 'supabase'],
    without: { 'the prefix': { publicUrl: `https://${supabase}` }, 'a public URL': fromHost(supabase) },
  },
  {
    name: 'Netlify Functions',
    sources: [
      // The path stays what it was before a rewrite.
      'https://github.com/netlify/cli/pull/3316',
      'https://docs.netlify.com/functions/api',
      // Host is the site's; there is no X-Forwarded-Host.
      'https://github.com/netlify/next-on-netlify/issues/46',
    ],
    url: `https://example.netlify.app/api/sms${query}`,
    arrival: {
      as: 'fetch',
      url: `https://example.netlify.app/api/sms${query}`,
      headers: { host: 'example.netlify.app', ...https, 'x-nf-client-connection-ip': client },
    },
    example: ['fetch.mjs', 'netlify'],
    without: { 'a public URL': fromHost('example.netlify.app') },
  },
  {
    name: 'Vercel Functions',
    sources: [
      'https://vercel.com/docs/headers/request-headers',
      // Measured on 2026-11-19: which URL a function sees, also behind rewrites.
      'https://github.com/openreceive/openreceive/blob/1a3cbd9dee3007c47622c2ab713bd8aa8f6b7861/tests/vercel-functions/vercel-local.mjs',
    ],
    url: `https://example.vercel.app/api/sms${query}`,
    arrival: {
      as: 'fetch',
      url: `https://example.vercel.app/api/sms${query}`,
      headers: { host: 'example.vercel.app', ...https, 'x-forwarded-host': 'example.vercel.app' },
    },
    example: ['fetch.mjs', 'vercel'],
    without: { 'a public URL': fromHost('example.vercel.app') },
  },
  {
    name: 'Firebase and Cloud Functions',
    sources: [
      // The function's name is not in originalUrl.
      'https://github.com/firebase/firebase-functions/issues/854',
      // The headers of a deployed function.
      'https://github.com/firebase/firebase-tools/issues/1312',
      'https://cloud.google.com/functions/docs/reference/headers',
    ],
    url: `https://${functionsHost}/twilio/sms${query}`,
    arrival: {
      as: 'express',
      target: `/sms${query}`,
      headers: { host: functionsHost, ...https, forwarded: `for="${client}";proto=https` },
    },
    example: ['express.mjs', 'firebase'],
    without: {
      "the function's name": { publicUrl: `https://${functionsHost}` },
      'a public URL': fromHost(functionsHost),
    },
  },
  {
    name: 'a function of Firebase that is called by its own URL',
    sources: ['https://github.com/twilio/twilio-node/issues/753'],
    url: `https://${functionsHost}/twilio`,
    arrival: {
      as: 'express',
      target: '/',
      headers: { host: functionsHost, ...https, forwarded: `for="${client}";proto=https` },
    },
    example: ['express.mjs', 'firebase'],
    without: {
      'the other form of the slash': { publicUrl: `https://${functionsHost}/twilio` },
      "the function's name": { publicUrl: `https://${functionsHost}` },
    },
  },
  {
    name: 'Firebase Hosting, rewritten to a function',
    sources: [
      // "The entire URL path is sent to the Cloud Function."
      'https://github.com/firebase/firebase-functions/issues/191',
      'https://gist.github.com/nandenjin/05d875e6ade48fc82b4028420197741b',
    ],
    url: `https://example.web.app/twilio/sms${query}`,
    arrival: {
      as: 'express',
      target: `/twilio/sms${query}`,
      headers: { host: runHost, ...https, 'x-forwarded-host': 'example.web.app' },
    },
    example: ['express.mjs', 'firebaseHosting'],
    without: { 'the host of Hosting': { publicUrl: `https://${runHost}` }, 'a public URL': fromHost(runHost) },
  },
  {
    name: 'Cloud Run',
    sources: [
      'https://cloud.google.com/run/docs/container-contract',
      'https://cloud.google.com/functions/docs/reference/headers',
    ],
    url: `https://${runHost}/sms${query}`,
    arrival: { as: 'express', target: `/sms${query}`, headers: { host: runHost, ...https } },
    example: ['express.mjs', 'cloudRun'],
    without: { https: { publicUrl: `http://${runHost}` }, 'a public URL': fromHost(runHost) },
  },
  {
    name: 'ngrok',
    sources: [
      'https://ngrok.com/docs/universal-gateway/http-s/upstream-headers',
      'https://github.com/twilio/twilio-node/issues/321',
    ],
    url: `https://example.ngrok.app/sms${query}`,
    arrival: {
      as: 'express',
      target: `/sms${query}`,
      // As with --host-header=rewrite, which is how many run it.
      headers: { host: 'localhost:3000', ...https, 'x-forwarded-host': 'example.ngrok.app' },
    },
    example: ['express.mjs', 'ngrok'],
    without: { 'the public host': { publicUrl: 'http://localhost:3000' }, 'a public URL': fromHost('localhost:3000') },
  },
  {
    name: 'Cloudflare Tunnel',
    sources: [
      // Host is the public one.
      'https://github.com/cloudflare/cloudflared/pull/492',
      'https://github.com/cloudflare/cloudflared/issues/1245',
      'https://developers.cloudflare.com/fundamentals/reference/http-headers/',
    ],
    url: `https://hooks.example.com/sms${query}`,
    arrival: {
      as: 'express',
      target: `/sms${query}`,
      headers: { host: 'hooks.example.com', ...https, 'cf-connecting-ip': client, 'cf-visitor': '{"scheme":"https"}' },
    },
    example: ['express.mjs', 'cloudflareTunnel'],
    without: { https: { publicUrl: 'http://hooks.example.com' }, 'a public URL': fromHost('hooks.example.com') },
  },
  {
    name: 'Heroku',
    sources: ['https://devcenter.heroku.com/articles/http-routing'],
    url: `https://example-0123456789ab.herokuapp.com/sms${query}`,
    arrival: {
      as: 'express',
      target: `/sms${query}`,
      headers: {
        host: 'example-0123456789ab.herokuapp.com',
        ...https,
        'x-forwarded-port': '443',
        via: '1.1 heroku-router',
      },
    },
    example: ['apps.mjs', 'heroku'],
    without: {
      https: { publicUrl: 'http://example-0123456789ab.herokuapp.com' },
      'a public URL': fromHost('example-0123456789ab.herokuapp.com'),
    },
  },
  {
    name: 'Render',
    sources: ['https://render.com/tutorials/web-service-vs-static-site/web-services'],
    url: `https://example.onrender.com/sms${query}`,
    arrival: {
      as: 'express',
      target: `/sms${query}`,
      headers: { host: 'example.onrender.com', ...https, 'x-forwarded-for': client },
    },
    example: ['apps.mjs', 'render'],
    without: {
      https: { publicUrl: 'http://example.onrender.com' },
      'a public URL': fromHost('example.onrender.com'),
    },
  },
  {
    name: 'Fly',
    sources: ['https://fly.io/docs/networking/request-headers/'],
    url: `https://example.fly.dev/sms${query}`,
    arrival: {
      as: 'express',
      target: `/sms${query}`,
      headers: {
        host: 'example.fly.dev',
        ...https,
        'fly-client-ip': client,
        'fly-forwarded-port': '443',
        via: '1.1 fly.io',
      },
    },
    example: ['apps.mjs', 'fly'],
    without: {
      https: { publicUrl: 'http://example.fly.dev' },
      'a public URL': fromHost('example.fly.dev'),
    },
  },
]
