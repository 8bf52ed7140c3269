import type { Pairs } from '../kit/sign.ts'

const written = /^(Body|ButtonText|SpeechResult|TranscriptionText|TranscriptionData|MessageBody|HandoffData)$/
const writtenInJson = /^(body|text|name|transcript)$/i

/**
 * Lists the texts that people wrote or said, also URL-encoded. Texts of up to four characters are
 * left out.
 */
export function listTexts(pairs: Pairs, json: string | undefined): readonly string[] {
  const texts = pairs.filter(([name]) => written.test(name)).map(([, value]) => value)
  if (json !== undefined) collectTexts(JSON.parse(json), texts)
  return texts
    .map((text) => text.trim())
    .filter((text) => text.length > 4)
    .flatMap((text) => [...new Set([text, encodeURIComponent(text), encodeURIComponent(text).replaceAll('%20', '+')])])
}

function collectTexts(value: unknown, texts: string[]): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === 'string' && writtenInJson.test(name)) texts.push(inner)
    collectTexts(inner, texts)
  }
}
