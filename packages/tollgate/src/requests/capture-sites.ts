/**
 * Sites that show a request to its reader. Each URL of theirs is public, and others can read what
 * arrives there: with such a host in an option, a stranger's copy would pass.
 */
const sites =
  'webhook.site requestbin.com requestbin.net requestb.in requestbin.io requestcatcher.com requestinspector.com beeceptor.com hookbin.com postb.in pipedream.net pipedream.com putsreq.com rbaskets.in smee.io svix.com mockbin.org mockbin.io httpbin.org httpbun.com postman-echo.com ptsv2.com ptsv3.com webhookinbox.com webhook-test.com webhook.cool typedwebhook.tools httpdump.app httpdump.io echo-api.com reqres.in mockapi.io mocky.io'.split(
    ' ',
  )

/**
 * Services that send requests on from URLs of their own, such as a source of Hookdeck. Such a host
 * belongs to no server of the user's.
 */
const relays = 'hkdk.events hookdeck.com webhookrelay.com hooks.zapier.com make.com integromat.com'.split(' ')

/** What a site does with a request. */
export type CaptureSiteUse = 'shows requests to its readers' | 'sends requests on'

/**
 * Recognises the host of a site that captures requests, or a name below it.
 * @param host a host without its port
 * @returns what the site does, as the end of a sentence, or `undefined` for any other host
 */
export function findCaptureUse(host: string): CaptureSiteUse | undefined {
  const name = host.toLowerCase()
  const isBelow = (site: string): boolean => name === site || name.endsWith(`.${site}`)
  if (sites.some(isBelow)) return 'shows requests to its readers'
  return relays.some(isBelow) ? 'sends requests on' : undefined
}

/**
 * Recognises the host of a site that captures requests, to show them or to send them on.
 * @param host a host without its port
 * @returns true for such a site, or a name below it
 */
export function isCaptureSite(host: string): boolean {
  return findCaptureUse(host) !== undefined
}
