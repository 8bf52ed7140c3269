import type { HeaderList, SigningPart } from './capture.ts'

/**
 * Lists the parts that Twilio signs: the URL, then the name and value of each parameter, sorted,
 * with each distinct pair once. https://www.twilio.com/docs/usage/security
 */
export function listSigningParts(url: string, params: HeaderList): SigningPart[] {
  const parts: SigningPart[] = [{ text: url, from: 'url' }]
  const sorted = [...params].sort((one, other) => compare(one[0], other[0]) || compare(one[1], other[1]))
  let last: HeaderList[number] | undefined
  for (const pair of sorted) {
    if (last?.[0] !== pair[0] || last[1] !== pair[1])
      parts.push({ text: pair[0], from: 'name' }, { text: pair[1], from: 'value' })
    last = pair
  }
  return parts
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
