import { showOption } from '../known-options.ts'
import { parseUrl } from '../parse-url.ts'

/** Whether an address lies in one of the ranges it was made for. */
export type AddressMatcher = (address: string) => boolean

const loopback = ['127.0.0.0/8', '::1/128']

/**
 * Parses addresses, CIDR ranges and `'loopback'`. Throws a TypeError that names the option for anything else.
 * Small and our own because the core must run where there is no `node:net`.
 */
export function parseAddressRanges(ranges: readonly unknown[], where: string): AddressMatcher {
  const parsed = ranges
    .flatMap((range) => (range === 'loopback' ? loopback : [range]))
    .map((range) => {
      const one = typeof range === 'string' ? parseRange(range) : undefined
      if (one === undefined)
        throw new TypeError(`"${where}" holds ${showOption(range)}, which is no IP address, CIDR range or 'loopback'`)
      return one
    })
  return (address) => {
    const value = parseAddress(address)
    return value !== undefined && parsed.some((range) => value >> range.freeBits === range.network)
  }
}

function parseRange(range: string): { network: bigint; freeBits: bigint } | undefined {
  const [, address = '', digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(range) ?? []
  const value = parseAddress(address)
  if (value === undefined) return undefined
  const width = address.includes(':') ? 128 : 32
  const bits = digits === undefined ? width : Number(digits)
  if (bits > width) return undefined
  const freeBits = BigInt(width - bits)
  return { network: value >> freeBits, freeBits }
}

/** Both families as one 128-bit number: IPv4 as `::ffff:a.b.c.d`, which is how a dual-stack socket shows it. */
function parseAddress(text: string): bigint | undefined {
  if (!text.includes(':')) {
    const value = parseIpv4(text)
    return value === undefined ? undefined : (0xffffn << 32n) | value
  }
  return parseIpv6(text.replace(/%[\w.-]+$/, '')) // the zone, as in fe80::1%eth0
}

function parseIpv4(text: string): bigint | undefined {
  if (!/^(\d{1,3}\.){3}\d{1,3}$/.test(text)) return undefined
  let value = 0n
  for (const part of text.split('.')) {
    // A leading zero is octal to some and decimal to others.
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return undefined
    value = (value << 8n) | BigInt(part)
  }
  return value
}

/** By the URL parser, which knows every spelling of an address and gives one back: groups of hex digits, the longest run of zeros as `::`. */
function parseIpv6(text: string): bigint | undefined {
  const [, address] = /^\[(.*)\]$/.exec(parseUrl(`http://[${text}]`)?.host ?? '') ?? []
  if (address === undefined) return undefined
  const [before = [], after = []] = address.split('::').map((half) => half.split(':').filter(Boolean))
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  return [...before, ...zeros, ...after].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}
