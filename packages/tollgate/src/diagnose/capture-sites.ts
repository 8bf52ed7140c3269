import { findCaptureUse, isCaptureSite } from '../requests/capture-sites.ts'
import type { Evidence } from './evidence.ts'

/** Finds the capture site that a request was sent to. */
export function findCaptureSite({ hosts, pages }: Evidence): string | undefined {
  return [...hosts, ...pages].find(({ value }) => isCaptureSite(value.host))?.value.host
}

/** Describes the fix for a copy of a request that was sent to such a site. */
export function fixCapture(site: string): string {
  return findCaptureUse(site) === 'sends requests on' ? callDirectly : captureOwn
}

// Others cannot read what arrives there, but each user of the service has URLs with its host.
const callDirectly =
  'Point Twilio at your own server. To keep the service, return its whole URL from "signedUrl", and let it pass the body on unchanged.'

const captureOwn =
  'Point Twilio at your own server, through a tunnel (ngrok, cloudflared). Never put the host of such a site into an option: anyone can read what arrives there.'
