import type { WebhookKind } from '../../params/kinds.ts'
import { callSteps } from './call-steps.ts'
import { conversations } from './conversations.ts'
import { json } from './json.ts'
import { media } from './media.ts'
import { messaging } from './messaging.ts'
import type { Sample } from './sample.ts'
import { services } from './services.ts'
import { video } from './video.ts'
import { voice } from './voice.ts'

export type { Sample } from './sample.ts'

/** One sample per kind: plain data. Nothing was captured from a real account; numbers are in the 555-01xx ranges. */
export const samples: Readonly<Record<WebhookKind, Sample>> = {
  ...messaging,
  ...conversations,
  ...voice,
  ...callSteps,
  ...media,
  ...video,
  ...services,
  ...json,
}
