import type { Evidence } from './evidence.ts'

/**
 * Sites that show a request to its reader. Each URL of theirs is public, and others can read what
 * arrives there: with such a host in an option, a stranger's copy would pass.
 */
const sites =
  'webhook.site requestbin.com requestbin.net requestb.in requestbin.io requestcatcher.com requestinspector.com beeceptor.com hookbin.com postb.in pipedream.net pipedream.com putsreq.com rbaskets.in smee.io svix.com mockbin.org mockbin.io httpbin.org httpbun.com postman-echo.com ptsv2.com ptsv3.com webhookinbox.com webhook-test.com webhook.cool typedwebhook.tools httpdump.app httpdump.io echo-api.com reqres.in mockapi.io mocky.io'.split(
    ' ',
  )

/**
 * Recognises the host of a site that captures requests.
 * @param host a host without its port
 * @returns true for such a site, or a name below it
 */
export function isCaptureSite(host: string): boolean {
  const name = host.toLowerCase()
  return sites.some((site) => name === site || name.endsWith(`.${site}`))
}

/**
 * Finds the capture site that a request was sent to.
 * @param evidence the hosts that the request names, or the page from which a browser sent it
 * @returns the site's host
 */
export function findCaptureSite({ hosts, pages }: Evidence): string | undefined {
  return [...hosts, ...pages].find(({ value }) => isCaptureSite(value.host))?.value.host
}

/** The fix for a copy of a request that was sent to such a site. */
export const captureOwn: string =
  'Point Twilio at your own server, through a tunnel that passes requests on unchanged (ngrok, cloudflared): Twilio signed this request for the other site. Never put the host of such a site into an option, because anyone can read and copy what arrives there.'
