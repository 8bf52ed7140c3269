import express from 'express'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { fromRequest } from 'tollgate'
import { origin, sms as smsParams } from '../kit/draft.ts'
import { changeBody, changeTarget, setHeaders, strip } from './platforms.ts'
import type { SetUp } from './set-up.ts'

const sms = { url: `${origin}/sms` }
const event = '{"specversion":"1.0","type":"com.twilio.messaging.message.delivered","data":{"price":1.5}}'
const events = { url: `${origin}/events`, json: event }
const trusting = fromRequest({
  allowedHosts: ['app.example.com'],
  trustedProxies: 'loopback',
  forwardedBy: 'x-forwarded',
})
const keepHost = 'proxy_set_header Host $http_host;'
const plainNginx = { nginx: `location / { ${keepHost} proxy_pass http://{app}; }` }
const nginxProxy = 'https://nginx.org/en/docs/http/ngx_http_proxy_module.html'
const nginxRewrite = 'https://nginx.org/en/docs/http/ngx_http_rewrite_module.html'
const ingress = 'https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/'
const haproxyRewrites =
  'https://www.haproxy.com/documentation/haproxy-configuration-tutorials/proxying-essentials/http-rewrites'
const haproxyManual = 'https://docs.haproxy.org/2.8/configuration.html'
const apacheProxy = 'https://httpd.apache.org/docs/2.4/mod/mod_proxy.html'
const caddyProxy = 'https://caddyserver.com/docs/caddyfile/directives/reverse_proxy'

/** More set-ups with real proxies, and with proxies that cannot run here. */
export const moreProxySetUps: readonly SetUp[] = [
  {
    id: 'nginx-original-uri',
    what: 'The ingress rewrites the path and passes the old one in X-Original-URI.',
    source: ingress,
    sent: { url: `${origin}/acme-telephony/in/sms?step=2` },
    proxy: {
      nginx: `location /acme-telephony/in/ { ${keepHost} proxy_set_header X-Original-URI $request_uri; proxy_pass http://{app}/; }`,
    },
    cause: 'prefix-stripped-by-proxy',
    mend: { options: { publicUrl: `${origin}/acme-telephony/in` } },
  },
  {
    id: 'nginx-forwarded-prefix',
    what: 'The ingress strips a prefix of two parts and names it in X-Forwarded-Prefix.',
    source: 'https://kubernetes.github.io/ingress-nginx/examples/rewrite/',
    sent: { url: `${origin}/tenant-7/phone/sms` },
    proxy: {
      nginx: `location /tenant-7/phone/ { ${keepHost} proxy_set_header X-Forwarded-Prefix /tenant-7/phone; proxy_pass http://{app}/; }`,
    },
    cause: 'prefix-stripped-by-proxy',
    mend: { options: { publicUrl: `${origin}/tenant-7/phone` } },
  },
  {
    id: 'nginx-unknown-prefix',
    what: 'nginx strips a prefix of its own, and sends the usual headers.',
    source: 'https://github.com/Yoctol/bottender/issues/815',
    sent: { url: `${origin}/x41/sms` },
    proxy: {
      nginx: `location /x41/ { ${keepHost} proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_pass http://{app}/; }`,
    },
    cause: 'prefix-stripped-by-proxy',
    hint: 'publicUrl',
    mend: { options: { publicUrl: `${origin}/x41` } },
  },
  {
    id: 'nginx-host-of-service',
    what: 'nginx sends the name of the service as Host, and the public URL is chosen from a list.',
    source: 'https://webhookwhisper.com/webhook-errors/twilio-signature-validation-failed',
    sent: sms,
    proxy: { nginx: 'location / { proxy_set_header Host internal.example.net; proxy_pass http://{app}; }' },
    options: { publicUrl: [origin, 'https://www.example.com'] },
    cause: 'host-replaced-by-proxy',
    mend: { options: { publicUrl: origin } },
  },
  {
    id: 'nginx-query-prepended',
    what: 'nginx puts a field of its own in front of the query.',
    source: `${nginxProxy}#proxy_pass`,
    sent: { url: `${origin}/sms?step=2` },
    proxy: { nginx: `location / { ${keepHost} proxy_pass http://{app}$uri?via=edge&$args; }` },
    cause: 'query-parameter-added-by-proxy',
    mend: { proxy: plainNginx },
  },
  {
    id: 'nginx-method-get',
    what: 'nginx sends every request on as GET, with its body.',
    source: `${nginxProxy}#proxy_method`,
    sent: sms,
    proxy: { nginx: `location / { ${keepHost} proxy_method GET; proxy_pass http://{app}; }` },
    cause: 'method-changed',
    mend: { proxy: plainNginx },
  },
  {
    id: 'nginx-content-type-text',
    what: 'nginx replaces the Content-Type by text/plain.',
    source: `${nginxProxy}#proxy_set_header`,
    sent: sms,
    proxy: { nginx: `location / { ${keepHost} proxy_set_header Content-Type text/plain; proxy_pass http://{app}; }` },
    cause: 'content-type-changed',
    mend: { proxy: plainNginx },
  },
  {
    id: 'nginx-json-as-form',
    what: 'nginx marks every body as a form, JSON events too.',
    source: `${nginxProxy}#proxy_set_header`,
    sent: events,
    proxy: {
      nginx: `location / { ${keepHost} proxy_set_header Content-Type application/x-www-form-urlencoded; proxy_pass http://{app}; }`,
    },
    cause: 'json-marked-as-form',
    mend: { proxy: plainNginx },
  },
  {
    id: 'nginx-body-appended',
    what: 'nginx appends a field to the form.',
    source: `${nginxProxy}#proxy_set_body`,
    sent: sms,
    proxy: {
      nginx: `location / { ${keepHost} proxy_set_body "$request_body&edge=fra1"; proxy_pass http://{app}; }`,
    },
    cause: 'parameter-added',
    mend: { proxy: plainNginx },
  },
  {
    id: 'nginx-ending-added',
    what: 'nginx adds .php to the path.',
    source: `${nginxRewrite}#rewrite`,
    sent: { url: `${origin}/hooks/sms` },
    proxy: { nginx: `location / { ${keepHost} rewrite ^(/[a-z/]+)$ $1.php break; proxy_pass http://{app}; }` },
    cause: 'file-ending-changed',
    mend: { proxy: plainNginx },
  },
  {
    id: 'nginx-front-controller',
    what: 'nginx sends every path to /index.php, and names the old one in X-Original-URL.',
    source: 'https://www.nginx.com/resources/wiki/start/topics/recipes/symfony/',
    sent: { url: `${origin}/calls/in` },
    proxy: {
      nginx: `location / { ${keepHost} proxy_set_header X-Original-URL $request_uri; rewrite ^ /index.php break; proxy_pass http://{app}; }`,
    },
    cause: 'path-replaced-by-front-controller',
    mend: { options: { signedUrl: () => `${origin}/calls/in` } },
  },
  {
    id: 'nginx-uppercase-signature',
    what: 'nginx passes the signature on twice, because a header is added and not set.',
    source: `${nginxProxy}#proxy_pass_request_headers`,
    sent: sms,
    proxy: {
      nginx: `location / { ${keepHost} proxy_set_header X-Twilio-Signature "$http_x_twilio_signature, $http_x_twilio_signature"; proxy_pass http://{app}; }`,
    },
    cause: 'signature-header-repeated',
    mend: { proxy: plainNginx },
  },

  // HAProxy.
  {
    id: 'haproxy-two-parts-added',
    what: 'HAProxy puts two parts before the path.',
    source: haproxyRewrites,
    sent: sms,
    proxy: { haproxy: 'http-request set-path /internal/hooks%[path]' },
    cause: 'prefix-added-by-proxy',
    mend: { proxy: { haproxy: '' } },
  },
  {
    id: 'haproxy-host-of-backend',
    what: 'HAProxy sets Host to the name of the backend, and the URL is built from the request.',
    source: haproxyRewrites,
    sent: sms,
    proxy: {
      haproxy: 'http-request set-header X-Forwarded-Proto https\nhttp-request set-header Host app.internal',
    },
    options: { publicUrl: trusting },
    cause: 'host-replaced-by-proxy',
    mend: { options: { publicUrl: origin } },
  },
  {
    id: 'haproxy-query-sorted',
    what: 'HAProxy sorts the query by its names.',
    source: `${haproxyManual}#4.2-http-request%20replace-path`,
    sent: { url: `${origin}/sms?step=2&lang=de&id=7` },
    proxy: { haproxy: 'http-request set-query id=7&lang=de&step=2' },
    cause: 'query-sorted',
    mend: { proxy: { haproxy: '' } },
  },
  {
    id: 'haproxy-escapes-upper-cased',
    what: 'HAProxy writes the escapes of the query in upper case.',
    source: `${haproxyManual}#4.2-http-request%20replace-path`,
    sent: { url: `${origin}/sms?next=%2fmenu` },
    proxy: { haproxy: 'http-request replace-pathq (.*)%2f(.*) \\1%%2F\\2' },
    cause: 'percent-escapes-respelled',
    mend: { proxy: { haproxy: '' } },
  },
  {
    id: 'haproxy-slashes-merged',
    what: 'HAProxy merges the double slash that the URL in the console has.',
    source: `${haproxyManual}#4.2-http-request%20replace-path`,
    sent: { url: `${origin}/hooks//sms` },
    proxy: { haproxy: 'http-request replace-path (.*)//(.*) \\1/\\2' },
    cause: 'slashes-merged-by-proxy',
    mend: { proxy: { haproxy: '' } },
  },
  {
    id: 'haproxy-unreserved-decoded',
    what: 'HAProxy writes %7E as the character that it stands for.',
    source: `${haproxyManual}#4.2-http-request%20replace-path`,
    sent: { url: `${origin}/u/%7Ebob/sms` },
    proxy: { haproxy: 'http-request replace-path (.*)%7E(.*) \\1~\\2' },
    cause: 'path-decoded-by-proxy',
    mend: { proxy: { haproxy: '' } },
  },
  {
    id: 'haproxy-proto-http',
    what: 'HAProxy says http in X-Forwarded-Proto, because it copies the scheme of its backend.',
    source: 'https://github.com/vellum-ai/vellum-assistant/pull/11104',
    sent: sms,
    proxy: { haproxy: 'http-request set-header X-Forwarded-Proto http' },
    options: { publicUrl: trusting },
    cause: 'tls-ended-at-proxy',
    mend: { proxy: { haproxy: 'http-request set-header X-Forwarded-Proto https' } },
  },
  {
    id: 'haproxy-port-of-frontend',
    what: 'HAProxy names the port of its frontend, which only the load balancer before it sees.',
    source: `${haproxyManual}#7.3.3-dst_port`,
    sent: sms,
    proxy: {
      haproxy: 'http-request set-header X-Forwarded-Proto https\nhttp-request set-header X-Forwarded-Port 8443',
    },
    options: { publicUrl: trusting },
    cause: 'port-added-by-proxy',
    mend: { proxy: { haproxy: 'http-request set-header X-Forwarded-Proto https' } },
  },

  // Caddy.
  {
    id: 'caddy-host-of-upstream',
    what: 'Caddy sends the address of the upstream as Host, and the public URL is chosen from a list.',
    source: 'https://github.com/formancehq/stack/pull/1686',
    sent: sms,
    proxy: { caddy: 'reverse_proxy {app} {\nheader_up Host {upstream_hostport}\n}' },
    options: { publicUrl: [origin, 'https://www.example.com'] },
    cause: 'host-replaced-by-proxy',
    mend: { options: { publicUrl: origin } },
  },
  {
    id: 'caddy-path-replaced',
    what: 'Caddy replaces a part of the path.',
    source: 'https://caddyserver.com/docs/caddyfile/directives/uri',
    sent: { url: `${origin}/webhooks/sms` },
    proxy: { caddy: 'uri replace /webhooks/ /q9-internal/\nreverse_proxy {app}' },
    cause: 'path-replaced-by-proxy',
    mend: { proxy: { caddy: 'reverse_proxy {app}' } },
  },
  {
    id: 'caddy-two-parts-stripped',
    what: 'Caddy strips two parts of the path.',
    source: 'https://caddyserver.com/docs/caddyfile/directives/handle_path',
    sent: { url: `${origin}/acme/q7/sms` },
    proxy: { caddy: 'handle_path /acme/q7/* {\nreverse_proxy {app}\n}' },
    cause: 'prefix-stripped-by-proxy',
    hint: 'publicUrl',
    mend: { options: { publicUrl: `${origin}/acme/q7` } },
  },
  {
    id: 'caddy-forwarded-host-replaced',
    what: 'Caddy names another host in X-Forwarded-Host, and the rule refuses it.',
    source: `${caddyProxy}#defaults`,
    sent: sms,
    proxy: { caddy: 'reverse_proxy {app} {\nheader_up X-Forwarded-Host edge.example.net\n}' },
    options: { publicUrl: trusting },
    cause: 'host-not-listed',
    mend: { options: { publicUrl: origin } },
  },
  {
    id: 'caddy-content-type-dropped',
    what: 'Caddy removes the Content-Type.',
    source: `${caddyProxy}#headers`,
    sent: sms,
    proxy: { caddy: 'reverse_proxy {app} {\nheader_up -Content-Type\n}' },
    cause: 'content-type-lost',
    mend: { proxy: { caddy: 'reverse_proxy {app}' } },
  },
  {
    id: 'caddy-forwarded-family',
    what: 'Caddy replaces Host and sends X-Forwarded-Host, and the rule reads the header of RFC 7239.',
    source: `${caddyProxy}#https`,
    sent: sms,
    proxy: { caddy: 'reverse_proxy {app} {\nheader_up Host {upstream_hostport}\n}' },
    options: {
      publicUrl: fromRequest({
        allowedHosts: ['app.example.com'],
        trustedProxies: 'loopback',
        forwardedBy: 'forwarded',
      }),
    },
    cause: 'forwarding-headers-of-other-family-and-host',
    mend: { options: { publicUrl: trusting } },
  },

  // Apache.
  {
    id: 'apache-content-type-unset',
    what: 'Apache unsets the Content-Type.',
    source: 'https://httpd.apache.org/docs/2.4/mod/mod_headers.html#requestheader',
    sent: sms,
    proxy: { apache: 'ProxyPreserveHost On\nRequestHeader unset Content-Type\nProxyPass "/" "http://{app}/"' },
    cause: 'content-type-lost',
    mend: { proxy: { apache: 'ProxyPreserveHost On\nProxyPass "/" "http://{app}/"' } },
  },
  {
    id: 'apache-path-mapped',
    what: 'Apache maps the path to another one.',
    source: 'https://httpd.apache.org/docs/2.4/rewrite/proxy.html',
    sent: { url: `${origin}/sms` },
    proxy: {
      apache: 'ProxyPreserveHost On\nRewriteEngine On\nRewriteRule "^/sms$" "http://{app}/q9/inbound" [P]',
    },
    cause: 'path-replaced-by-proxy',
    hint: 'publicUrl',
    mend: { options: { signedUrl: () => `${origin}/sms` } },
  },
  {
    id: 'apache-slash-decoded',
    what: 'Apache decodes %2F in the path.',
    source: 'https://serverdevworker.com/589576044',
    sent: { url: `${origin}/flows/a%2Fb/sms` },
    proxy: { apache: 'ProxyPreserveHost On\nAllowEncodedSlashes On\nProxyPass "/" "http://{app}/"' },
    cause: 'path-decoded-by-proxy',
    mend: {
      proxy: { apache: 'ProxyPreserveHost On\nAllowEncodedSlashes NoDecode\nProxyPass "/" "http://{app}/" nocanon' },
    },
  },
  {
    id: 'apache-host-and-prefix',
    what: 'Apache strips a prefix and replaces Host, and the public URL is chosen from a list.',
    source: `${apacheProxy}#proxypass`,
    sent: { url: `${origin}/twilio/sms` },
    proxy: { apache: 'ProxyPass "/twilio/" "http://{app}/"' },
    options: { publicUrl: [origin] },
    cause: 'host-replaced-and-prefix-stripped',
    mend: { options: { publicUrl: `${origin}/twilio` } },
  },

  // Proxies in Node.js.
  {
    id: 'http-proxy-middleware-change-origin',
    what: 'http-proxy-middleware replaces Host, and the public URL is chosen from a list.',
    source: 'https://github.com/chimurai/http-proxy-middleware#options',
    sent: sms,
    proxy: { express: (app, target) => app.use(createProxyMiddleware({ target, changeOrigin: true })) },
    options: { publicUrl: [origin, 'https://www.example.com'] },
    cause: 'host-replaced-by-proxy',
    mend: { options: { publicUrl: origin } },
  },
  {
    id: 'http-proxy-middleware-xfwd',
    what: 'http-proxy-middleware sends X-Forwarded headers, and no proxy is trusted.',
    source: 'https://github.com/http-party/node-http-proxy#options',
    sent: { url: 'http://app.example.com/sms' },
    proxy: { express: (app, target) => app.use(createProxyMiddleware({ target, xfwd: true })) },
    options: { publicUrl: fromRequest({ allowedHosts: ['app.example.com'] }) },
    cause: 'proxy-not-trusted',
    mend: { options: { publicUrl: 'http://app.example.com' } },
  },
  {
    id: 'express-forwarder-by-hand',
    what: 'A gateway in Express reads the form as text and sends it on to a path of its own.',
    source: 'https://github.com/openclaw/openclaw/pull/112800',
    sent: { url: `${origin}/gateway/sms` },
    proxy: {
      express: (app, target) =>
        app.use(express.text({ type: () => true }), async (req, res) => {
          const { 'content-length': _, connection: _c, ...headers } = req.headers
          const answer = await fetch(`${target}/sms`, {
            method: 'POST',
            headers: headers as Record<string, string>,
            body: req.body,
          })
          res.sendStatus(answer.status)
        }),
    },
    cause: 'prefix-stripped-by-proxy',
    mend: { options: { publicUrl: `${origin}/gateway` } },
  },

  // Proxies that cannot run here.
  {
    id: 'traefik-strip-prefix',
    what: 'Traefik strips a prefix, which it names in X-Forwarded-Prefix.',
    source: 'https://doc.traefik.io/traefik/middlewares/http/stripprefix/',
    sent: { url: `${origin}/telephony-v9/sms` },
    relay: (wire) => setHeaders({ 'x-forwarded-prefix': '/telephony-v9' })(strip('/telephony-v9')(wire)),
    cause: 'prefix-stripped-by-proxy',
    mend: { options: { publicUrl: `${origin}/telephony-v9` } },
  },
  {
    id: 'traefik-replace-path',
    what: 'Traefik replaces the path, and names the old one in X-Replaced-Path.',
    source: 'https://doc.traefik.io/traefik/middlewares/http/replacepathregex/',
    sent: { url: `${origin}/phone/9/sms` },
    relay: (wire) => setHeaders({ 'x-replaced-path': wire.target })({ ...wire, target: '/inbound' }),
    cause: 'path-replaced-by-proxy',
    mend: { options: { signedUrl: () => `${origin}/phone/9/sms` } },
  },
  {
    id: 'envoy-prefix-rewrite',
    what: 'Envoy rewrites the prefix, and names the path in X-Envoy-Original-Path.',
    source: 'https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter',
    sent: { url: `${origin}/mesh-a/sms?step=1` },
    relay: (wire) => setHeaders({ 'x-envoy-original-path': wire.target })(strip('/mesh-a')(wire)),
    cause: 'prefix-stripped-by-proxy',
    mend: { options: { publicUrl: `${origin}/mesh-a` } },
  },
  {
    id: 'iis-arr-original-url',
    what: 'IIS rewrites the path, and ARR names it in X-Original-URL.',
    source:
      'https://learn.microsoft.com/en-us/iis/extensions/url-rewrite-module/reverse-proxy-with-url-rewrite-v2-and-application-request-routing',
    sent: { url: `${origin}/legacy/sms.aspx` },
    relay: (wire) => setHeaders({ 'x-original-url': wire.target })({ ...wire, target: '/sms' }),
    cause: 'path-replaced-by-proxy',
    mend: { options: { signedUrl: () => `${origin}/legacy/sms.aspx` } },
  },
  {
    id: 'fastly-orig-host',
    what: 'Fastly replaces Host by that of the origin, and names the old one in Fastly-Orig-Host.',
    source: 'https://www.fastly.com/documentation/reference/http/http-headers/Fastly-Orig-Host/',
    sent: sms,
    relay: setHeaders({ host: 'origin.example.net', 'fastly-orig-host': 'app.example.com' }),
    options: { publicUrl: 'https://origin.example.net' },
    cause: 'public-url-has-other-host',
    mend: { options: { publicUrl: origin } },
  },
  {
    id: 'tailscale-funnel',
    what: 'Tailscale Funnel sends to a server whose public URL is the old tunnel.',
    source: 'https://tailscale.com/kb/1223/funnel',
    sent: { url: 'https://box.tail1234.ts.net/sms' },
    relay: setHeaders({
      'x-forwarded-host': 'box.tail1234.ts.net',
      'x-forwarded-proto': 'https',
      'tailscale-headers-info': 'https://tailscale.com/s/serve-headers',
    }),
    options: { publicUrl: 'https://old.example.net' },
    cause: 'public-url-has-other-host',
    mend: { options: { publicUrl: 'https://box.tail1234.ts.net' } },
  },
  {
    id: 'azure-application-gateway',
    what: 'An Application Gateway overrides Host, and names the old one in X-Original-Host.',
    source: 'https://learn.microsoft.com/en-us/azure/application-gateway/how-application-gateway-works',
    sent: sms,
    relay: setHeaders({ host: 'app-7.azurewebsites.net', 'x-original-host': 'app.example.com' }),
    options: { publicUrl: 'https://app-7.azurewebsites.net' },
    cause: 'public-url-has-other-host',
    mend: { options: { publicUrl: origin } },
  },
  {
    id: 'lighttpd-decoded',
    what: 'lighttpd decodes %7E and %2F in one step, as it does by default.',
    source: 'https://redmine.lighttpd.net/projects/lighttpd/wiki/Server_http-parseoptsDetails',
    sent: { url: `${origin}/in/%7Ebob%2Fsms` },
    relay: (wire) => ({ ...wire, target: '/in/~bob/sms' }),
    cause: 'path-decoded-by-proxy',
    mend: { relay: undefined },
  },
  {
    id: 'varnish-query-sorted',
    what: 'Varnish sorts the query for its cache.',
    source: 'https://varnish-cache.org/docs/trunk/reference/vmod_std.html',
    sent: { url: `${origin}/sms?to=desk&from=web` },
    relay: changeTarget((target) => target.replace('to=desk&from=web', 'from=web&to=desk')),
    cause: 'query-sorted',
    mend: { relay: undefined },
  },
  {
    id: 'waf-masks-numbers',
    what: 'A WAF masks phone numbers in forms.',
    source: 'https://docs.datadoghq.com/security/sensitive_data_scanner/',
    sent: sms,
    relay: changeBody((body) => body.replace('%2B14155550142', '%2B1415555****')),
    cause: 'values-masked',
    mend: { relay: undefined },
  },
  {
    id: 'waf-redacts-body',
    what: 'A filter for personal data replaces the text of the message.',
    source: 'https://docs.sentry.io/security-legal-pii/scrubbing/',
    sent: sms,
    relay: changeBody((body) => body.replace(/Body=[^&]*/, 'Body=%5BFiltered%5D')),
    cause: 'values-masked',
    mend: { relay: undefined },
  },
  {
    id: 'forwarder-form-in-query',
    what: 'A forwarder sends the form on as the query of a GET.',
    source: 'https://docs.n8n.io/integrations/builtin/core-nodes/n8n-nodes-base.httprequest/',
    sent: sms,
    relay: (wire) => ({ ...wire, method: 'GET', target: `${wire.target}?${wire.body}`, body: undefined }),
    cause: 'method-changed',
    mend: { relay: undefined },
  },
  {
    id: 'forwarder-other-program',
    what: 'A flow in n8n gets the webhook, and sends it on with axios.',
    source: 'https://docs.n8n.io/integrations/builtin/core-nodes/n8n-nodes-base.webhook/',
    sent: {
      url: 'https://n8n.example.net/webhook/7b1e',
      params: [
        ...smsParams,
        ['SmsStatus', 'received'],
        ['NumMedia', '0'],
        ['NumSegments', '1'],
        ['ApiVersion', '2010-04-01'],
      ],
    },
    relay: (wire) => ({
      ...setHeaders({ host: 'app.example.com', 'user-agent': 'axios/1.7.7', 'i-twilio-idempotency-token': '' })(wire),
      target: '/sms',
    }),
    cause: 'url-of-program-signed',
    hint: 'publicUrl',
    mend: { options: { signedUrl: () => 'https://n8n.example.net/webhook/7b1e' } },
  },
]
