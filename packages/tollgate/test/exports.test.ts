import { describe, expect, test, vi } from 'vitest'

// @jest/globals cannot be imported outside Jest. tools/package-test uses the real one.
vi.mock('@jest/globals', () => ({ expect }))

const { entries } = (await import(new URL('../entries.js', import.meta.url).href)) as {
  entries: Record<string, string>
}

// The public names. A change of this list is a change of the contract.
const names: Record<string, string[]> = {
  '.': ['RequestValidator', 'createVerifier', 'fromRequest'],
  './node': ['twilioWebhook'],
  './express': ['captureRawBody', 'readWebhook', 'twilioWebhook'],
  './fetch': ['twilioWebhook'],
  './fastify': ['readWebhook', 'twilioWebhook'],
  './koa': ['twilioWebhook'],
  './hono': ['twilioWebhook'],
  './h3': ['readWebhook', 'twilioWebhook'],
  './next': ['twilioWebhook', 'twilioWebhookApi'],
  './elysia': ['twilioWebhook'],
  './lambda': ['twilioWebhook', 'twilioWebhookMiddy'],
  './azure': ['twilioWebhook'],
  './ws': ['createVerifyClient', 'twilioUpgrade'],
  './nest': ['ReceivedWebhook', 'TwilioParams', 'TwilioWebhook', 'TwilioWebhookGuard', 'TwilioWebhookModule'],
  './sveltekit': ['twilioWebhook'],
  './astro': ['twilioWebhook'],
  './react-router': ['twilioWebhook'],
  './sendgrid': ['createSendGridVerifier', 'distinctEvents'],
  './testing': [
    'RequestError',
    'getScheme',
    'hiddenValue',
    'isBodyLost',
    'readRequests',
    'renewSids',
    'sampleSendGridEvents',
    'sampleWebhook',
    'signRequest',
    'signSendGridRequest',
    'testServer',
    'toIncoming',
    'webhookKinds',
    'writeRequests',
  ],
  './testing/node': ['testServer'],
  './testing/vitest': [],
  './testing/jest': [],
  './twiml': ['twiml'],
  './compat': [
    'HMAC_SHA1',
    'HMAC_SHA256',
    'SIGNATURE_HEADER',
    'SIGNATURE_SETTINGS_HEADER',
    'getExpectedBodyHash',
    'getExpectedTwilioSignature',
    'getSignatureAlgorithm',
    'validateBody',
    'validateExpressRequest',
    'validateIncomingRequest',
    'validateRequest',
    'validateRequestWithBody',
    'webhook',
  ],
  './params': [
    'debuggerPayload',
    'findMisshapen',
    'hasWebhookShape',
    'isEventBatch',
    'isKind',
    'isOrchestratorEvent',
    'isStop',
    'isTranscriptNotice',
    'kindOf',
    'media',
    'parseRelayMessage',
    'parseStreamMessage',
  ],
  './keys': ['buildApiUrl', 'cached', 'fileKeys', 'twilioAccountTokens'],
  './replay': ['memoryStore', 'redisStore', 'replayGuard'],
  './diagnose': [
    'causes',
    'diagnose',
    'diagnoseSendGrid',
    'evenInProduction',
    'sendGridCauses',
    'withHints',
    'withSendGridHints',
    'writeReport',
  ],
  './stream': ['streamTickets'],
}

describe('the export list', () => {
  // What only our own packages share has no promise.
  const { './internal': _, ...promised } = entries
  for (const [entry, source] of Object.entries(promised))
    test(`tollgate${entry.slice(1)}`, async () => {
      const module: object = await import(new URL(`../${source}`, import.meta.url).href)
      expect(Object.keys(module).sort()).toEqual(names[entry])
    })
})
