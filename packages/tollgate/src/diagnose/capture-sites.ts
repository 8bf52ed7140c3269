import { findCaptureUse, isCaptureSite } from '../requests/capture-sites.ts'
import type { Evidence } from './evidence.ts'

/**
 * Finds the capture site that a request was sent to.
 * @param evidence the hosts that the request names, or the page from which a browser sent it
 * @returns the site's host
 */
export function findCaptureSite({ hosts, pages }: Evidence): string | undefined {
  return [...hosts, ...pages].find(({ value }) => isCaptureSite(value.host))?.value.host
}

/**
 * Describes the fix for a copy of a request that was sent to such a site.
 * @param site the site's host
 */
export function fixCapture(site: string): string {
  return findCaptureUse(site) === 'sends requests on' ? callDirectly : captureOwn
}

// Others cannot read what arrives there, but each user of the service has URLs with its host.
const callDirectly =
  'Point Twilio at your own server: Twilio signed this request for the URL of a service between them. To keep the service, return that whole URL from "signedUrl", and let the service pass the body on unchanged.'

const captureOwn =
  'Point Twilio at your own server, through a tunnel that passes requests on unchanged (ngrok, cloudflared): Twilio signed this request for the other site. Never put the host of such a site into an option, because anyone can read and copy what arrives there.'
