import type { CauseId } from '../types.ts'
import type { CauseRow } from './cause-row.ts'

type Id = Extract<
  CauseId,
  | 'scheme'
  | 'host'
  | 'host_case'
  | 'port'
  | 'path_prefix'
  | 'path_encoding'
  | 'trailing_slash'
  | 'userinfo'
  | 'fragment'
  | 'websocket_scheme'
>

/** What changes the URL on its way. */
export const urlCauses: Readonly<Record<Id, CauseRow>> = {
  scheme: {
    title: 'http for https',
    symptom: 'Every request is refused behind a proxy or a tunnel, and works without it.',
    reason:
      'Twilio signs the scheme that it was configured with. A proxy that ends TLS passes the request on over http, and the URL is then checked as http.',
    fix: 'Set "publicUrl" to the URL that Twilio is configured with, scheme included.',
    fixes: {
      express: 'Set publicUrl to the https URL; "trust proxy" changes nothing here.',
      fastify: 'Set publicUrl to the https URL; trustProxy changes nothing here.',
      koa: 'Set publicUrl to the https URL; app.proxy changes nothing here.',
      nginx: 'Set publicUrl to the https URL; with fromRequest also: proxy_set_header X-Forwarded-Proto $scheme.',
      apache: `Set publicUrl to the https URL; with fromRequest also: RequestHeader set X-Forwarded-Proto "https".`,
      cloudflare: 'Set publicUrl to the https URL, and TLS to "Full": "Flexible" requests the origin over http.',
      ngrok: 'Set publicUrl to the https URL that ngrok prints.',
    },
  },
  host: {
    title: 'Another host',
    symptom:
      'The diagnosis shows a host such as localhost:3000 or one inside the network, or the code is `url_not_allowed`.',
    reason:
      'Twilio signs the host that it was configured with. A proxy may put its own or the upstream’s name into Host, a tunnel gets a new name at each start, and a number may still be configured with an old domain.',
    fix: 'Set "publicUrl" to the host that Twilio is configured with.',
    fixes: {
      nginx: 'Set publicUrl to the public host; with several hosts also: proxy_set_header Host $http_host.',
      apache: 'Set publicUrl to the public host; with several hosts also: ProxyPreserveHost On.',
      next: 'Set publicUrl to the public host: `next start` tells a route localhost, whatever Host says.',
      ngrok: 'Set publicUrl to the name that ngrok prints now, or reserve a domain.',
      alb: 'Set publicUrl to the public host; the load balancer passes Host on as it came.',
      vercel: 'Set publicUrl to the domain that Twilio calls: each deployment has a host of its own besides.',
    },
  },
  host_case: {
    title: 'The host in other letters',
    symptom: 'The URL looks the same but for capital letters in the host.',
    reason: 'Twilio signs the host as it was typed into the console. Many parsers make it lower case.',
    fix: 'Spell the host in "publicUrl" as in the Twilio console, letter case included.',
  },
  port: {
    title: 'Another port',
    symptom: 'Twilio calls a port of its own, such as 8443, and the server behind knows another.',
    reason:
      'Where the configured URL has a port, most webhooks are signed with it. No port, and the default one, are tried by themselves; a port that this server does not know is not.',
    fix: 'Put the port that Twilio is configured with into "publicUrl".',
    fixes: {
      nginx:
        'Put the public port into publicUrl; with several hosts also: proxy_set_header Host $http_host, which keeps the port.',
    },
  },
  path_prefix: {
    title: 'A path prefix, stripped or added',
    symptom: 'Twilio is configured with /twilio/sms, and the app sees /sms, or the other way round.',
    reason:
      'A proxy or a platform routes by the first part of the path and takes it off, or puts one of its own in front. Twilio signed the path that it requested.',
    fix: 'Put the path prefix into "publicUrl" ("https://example.com/prefix"), or let the proxy pass the path as it is.',
    fixes: {
      express: 'Put the prefix into publicUrl. What app.use() strips is known: the guard reads req.originalUrl.',
      fastify: 'Put the prefix into publicUrl. rewriteUrl does no harm: the guard reads request.originalUrl.',
      koa: 'Put the prefix into publicUrl. koa-mount does no harm: the guard reads ctx.originalUrl.',
      hono: 'Put the prefix into publicUrl; app.mount() strips it too, app.route() and basePath() do not.',
      nest: 'Put the prefix into publicUrl; the global prefix of the app is known already.',
      next: 'Put the basePath into publicUrl: Next strips it.',
      lambda: 'Put the stage (/prod), or the API mapping of the custom domain, into publicUrl as Twilio’s URL has it.',
      supabase: 'Put /functions/v1 into publicUrl: the gateway strips it.',
      netlify: 'Set publicUrl to what Twilio calls: /.netlify/functions, or the path of the redirect.',
      vercel: 'Set publicUrl to what Twilio calls; rewrites change the path that a function sees.',
      firebase: 'Put the name of the function into publicUrl: it is not in the path that the function sees.',
      nginx: 'Put the prefix into publicUrl, or write proxy_pass without a path of its own.',
      apache: 'Put the prefix into publicUrl, or give ProxyPass the same path on both sides.',
      caddy: 'Put the prefix into publicUrl, or use handle instead of handle_path.',
      haproxy: 'Put the prefix into publicUrl, or drop http-request replace-path.',
      alb: 'Put the prefix into publicUrl if the target sees another path: rules match paths, and only URL rewrites change them.',
    },
  },
  path_encoding: {
    title: 'The path decoded or encoded anew',
    symptom: 'Paths with spaces, accents, %2F or ":" are refused, plain ones pass.',
    reason:
      'A proxy or a framework decodes the path and writes it again in its own way. Twilio signed the bytes that it sent.',
    fix: 'Hand over the raw request target, undecoded, and let the proxy pass the path as it is.',
    fixes: {
      nginx: 'Write proxy_pass without a path (or with $request_uri): with one, nginx decodes and re-spells the rest.',
      apache: 'Add nocanon to ProxyPass, and AllowEncodedSlashes NoDecode.',
      haproxy: 'Leave out http-request normalize-uri.',
      cloudflare: 'Switch "Normalize URLs to origin" off.',
    },
  },
  trailing_slash: {
    title: 'A slash at the end',
    symptom: 'The server answers with a redirect first, or Twilio is configured with /sms/ and the app sees /sms.',
    reason:
      'To Twilio /sms and /sms/ are two URLs. Servers that redirect to index pages, or whose routers drop the slash, change what is checked.',
    fix: `Configure Twilio with the URL that answers without a redirect, or set "trailingSlash: 'either'".`,
    fixes: {
      apache: `Set trailingSlash: 'either': Apache redirects directories to their index pages.`,
      next: 'Configure Twilio with the form that Next serves: it redirects the other with 308.',
      nginx: `Configure Twilio with the slash, or set trailingSlash: 'either': a location ending in a slash redirects.`,
    },
  },
  userinfo: {
    title: 'User name and password in the URL',
    symptom: 'Twilio is configured with https://user:password@host/, and the signature was made with them.',
    reason:
      'Twilio leaves user name and password out before it signs. A sender of your own, or an old helper library, may not.',
    fix: 'Sign and check the URL without its user name and password, as Twilio does.',
  },
  fragment: {
    title: 'A fragment in the URL',
    symptom: 'The configured URL has connection overrides, such as #rc=2&rp=all.',
    reason:
      'A fragment is never sent, and Twilio does not sign it. Who builds the checked URL from the configured one keeps it.',
    fix: 'Drop the fragment ("#…") from the URL that is checked.',
  },
  websocket_scheme: {
    title: 'A WebSocket handshake under another scheme',
    symptom: 'Media Streams or ConversationRelay are refused (error 31920), webhooks pass.',
    reason:
      'Handshakes are signed as wss://. Tollgate knows a handshake by its Upgrade and Connection headers; where a proxy drops them, it looks like a plain GET.',
    fix: 'Hand the handshake over with its Upgrade and Connection headers; it is signed as wss://.',
    fixes: {
      nginx:
        'Set proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade and proxy_set_header Connection "upgrade".',
      apache: 'Use ProxyPass … upgrade=websocket.',
      express: 'Handle the server’s "upgrade" event with twilioUpgrade of tollgate/ws: Express never sees handshakes.',
      next: 'Next takes upgrades for itself: run the stream on a server of its own, with tollgate/ws.',
    },
  },
}
