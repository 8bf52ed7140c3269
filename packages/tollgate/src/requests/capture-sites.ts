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
