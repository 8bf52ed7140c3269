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

/** Changes of the URL. */
export const urlCauses: Readonly<Record<Id, CauseRow>> = {
  scheme: {
    title: 'http instead of https',
    symptom: 'Every request is refused behind a proxy or a tunnel. Without it, requests pass.',
    reason:
      'Twilio signs the scheme that you configured. A proxy that ends TLS passes the request on over http, and the server then checks an http URL.',
    fix: 'Set "publicUrl" to the URL that is configured at Twilio, including the scheme.',
    fixes: {
      express: 'Set publicUrl to the https URL. "trust proxy" has no effect here.',
      fastify: 'Set publicUrl to the https URL. trustProxy has no effect here.',
      koa: 'Set publicUrl to the https URL. app.proxy has no effect here.',
      nginx: 'Set publicUrl to the https URL. With fromRequest, also set: proxy_set_header X-Forwarded-Proto $scheme.',
      apache: `Set publicUrl to the https URL. With fromRequest, also set: RequestHeader set X-Forwarded-Proto "https".`,
      cloudflare: 'Set publicUrl to the https URL, and TLS to "Full": "Flexible" calls the origin over http.',
      ngrok: 'Set publicUrl to the https URL that ngrok prints.',
    },
  },
  host: {
    title: 'Another host',
    symptom: 'The diagnosis shows a host such as localhost:3000 or an internal host, or the code is `url_not_allowed`.',
    reason:
      'Twilio signs the host that you configured. A proxy may put its own or the upstream’s name into Host. A tunnel gets a new name at each start. A number may still have an old domain.',
    fix: 'Set "publicUrl" to the host that is configured at Twilio.',
    fixes: {
      nginx: 'Set publicUrl to the public host. With several hosts, also set: proxy_set_header Host $http_host.',
      apache: 'Set publicUrl to the public host. With several hosts, also set: ProxyPreserveHost On.',
      next: 'Set publicUrl to the public host: a route under `next start` always sees localhost.',
      ngrok: 'Set publicUrl to the name that ngrok printed last, or reserve a domain.',
      alb: 'Set publicUrl to the public host. The load balancer passes Host on unchanged.',
      vercel: 'Set publicUrl to the domain that Twilio calls: each deployment also has its own host.',
    },
  },
  host_case: {
    title: 'The host in another letter case',
    symptom: 'The URLs differ only in capital letters in the host.',
    reason: 'Twilio signs the host as you typed it into the console. Many parsers make it lower case.',
    fix: 'Write the host in "publicUrl" as in the Twilio console, in the same letter case.',
  },
  port: {
    title: 'Another port',
    symptom: 'Twilio calls a port such as 8443, and the server behind the proxy listens on another.',
    reason:
      'If the configured URL has a port, most webhooks are signed with it. Tollgate always tries no port and the default port. It cannot try a port that it does not know.',
    fix: 'Put the port that is configured at Twilio into "publicUrl".',
    fixes: {
      nginx:
        'Put the public port into publicUrl. With several hosts, also set: proxy_set_header Host $http_host, which keeps the port.',
    },
  },
  path_prefix: {
    title: 'A path prefix was stripped or added',
    symptom: 'The URL at Twilio has /twilio/sms, and the app sees /sms, or the reverse.',
    reason:
      'A proxy or a platform routes by the first part of the path and removes it, or adds its own. Twilio signed the path that it requested.',
    fix: 'Put the path prefix into "publicUrl" ("https://example.com/prefix"), or let the proxy pass the path unchanged.',
    fixes: {
      express: 'Put the prefix into publicUrl. app.use() does no harm: the guard reads req.originalUrl.',
      fastify: 'Put the prefix into publicUrl. rewriteUrl does no harm: the guard reads request.originalUrl.',
      koa: 'Put the prefix into publicUrl. koa-mount does no harm: the guard reads ctx.originalUrl.',
      hono: 'Put the prefix into publicUrl. app.mount() also strips a prefix. app.route() and basePath() do not.',
      nest: 'Put the prefix into publicUrl. Leave out the global prefix of the app.',
      next: 'Put the basePath into publicUrl: Next strips it.',
      lambda: 'Put the stage (/prod), or the API mapping of the custom domain, into publicUrl as Twilio’s URL has it.',
      supabase: 'Put /functions/v1 into publicUrl: the gateway strips it.',
      netlify: 'Set publicUrl to the URL that Twilio calls: /.netlify/functions, or the path of the redirect.',
      vercel: 'Set publicUrl to the URL that Twilio calls. Rewrites change the path that a function sees.',
      firebase: 'Put the name of the function into publicUrl: it is not in the path that the function sees.',
      nginx: 'Put the prefix into publicUrl, or write proxy_pass without a path.',
      apache: 'Put the prefix into publicUrl, or give ProxyPass the same path on both sides.',
      caddy: 'Put the prefix into publicUrl, or use handle instead of handle_path.',
      haproxy: 'Put the prefix into publicUrl, or remove http-request replace-path.',
      alb: 'Put the prefix into publicUrl if the target sees another path. Rules only match paths. URL rewrites change them.',
    },
  },
  path_encoding: {
    title: 'The path was re-encoded',
    symptom: 'Paths with spaces, accents, %2F or ":" are refused. Plain paths pass.',
    reason:
      'A proxy or a framework decodes the path and encodes it again in its own way. Twilio signed the bytes that it sent.',
    fix: 'Pass the raw request target, undecoded, and let the proxy pass the path unchanged.',
    fixes: {
      nginx:
        'Write proxy_pass without a path (or with $request_uri): with a path, nginx decodes and re-encodes the rest.',
      apache: 'Add nocanon to ProxyPass, and AllowEncodedSlashes NoDecode.',
      haproxy: 'Remove http-request normalize-uri.',
      cloudflare: 'Turn "Normalize URLs to origin" off.',
    },
  },
  trailing_slash: {
    title: 'A slash at the end',
    symptom: 'The server first answers with a redirect, or the URL at Twilio has /sms/ and the app sees /sms.',
    reason:
      'For Twilio, /sms and /sms/ are two URLs. A server that redirects to index pages, or drops the slash, changes the URL that is checked.',
    fix: `Configure Twilio with the URL that answers without a redirect, or set "trailingSlash: 'either'".`,
    fixes: {
      apache: `Set trailingSlash: 'either': Apache redirects directories to their index pages.`,
      next: 'Configure the form that Next serves at Twilio: Next redirects the other form with 308.',
      nginx: `Configure Twilio with the slash, or set trailingSlash: 'either': a location ending in a slash redirects.`,
    },
  },
  userinfo: {
    title: 'User name and password in the URL',
    symptom: 'The URL at Twilio is https://user:password@host/, and the signature covers user and password.',
    reason:
      'Twilio removes user name and password before it signs. Your own sender, or an old helper library, may not.',
    fix: 'Sign and check the URL without its user name and password, as Twilio does.',
  },
  fragment: {
    title: 'A fragment in the URL',
    symptom: 'The configured URL has connection overrides, such as #rc=2&rp=all.',
    reason:
      'A fragment is never sent, and Twilio does not sign it. Code that builds the checked URL from the configured URL keeps it.',
    fix: 'Remove the fragment ("#…") from the URL that is checked.',
  },
  websocket_scheme: {
    title: 'A WebSocket handshake with another scheme',
    symptom: 'Media Streams or ConversationRelay are refused (error 31920). Webhooks pass.',
    reason:
      'Twilio signs handshakes as wss://. Tollgate verifies a request as a handshake only if the server treats it as one, and as a plain GET otherwise. The causes are a proxy that drops Upgrade and Connection, and a route that opens sockets without saying so.',
    fix: 'Pass the Upgrade and Connection headers. If an upgrade arrives as an ordinary request (fetch, Hono, Elysia, h3), set webSocket: true for the route that opens sockets. On Node.js use tollgate/ws. If you call verify() yourself, set handshake: true.',
    fixes: {
      nginx:
        'Set proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade and proxy_set_header Connection "upgrade".',
      apache: 'Use ProxyPass … upgrade=websocket.',
      hono: 'Set webSocket: true in the options of the twilioWebhook that stands before upgradeWebSocket.',
      express: 'Handle the server’s "upgrade" event with twilioUpgrade of tollgate/ws: Express never sees handshakes.',
      next: 'Next handles upgrades itself: run the stream on a separate server, with tollgate/ws.',
    },
  },
}
