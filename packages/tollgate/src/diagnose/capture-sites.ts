import { isCaptureSite } from '../requests/capture-sites.ts'
import type { Evidence } from './evidence.ts'

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
