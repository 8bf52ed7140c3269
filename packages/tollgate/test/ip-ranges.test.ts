import { BlockList, isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAddressRanges } from '../src/verify/forwarded.ts'

const ipv4 = fc.ipV4()
const ipv6 = fc.ipV6()
const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

describe('parseAddressRanges', () => {
  const bits4 = fc.integer({ min: 0, max: 32 })
  const bits6 = fc.integer({ min: 0, max: 128 })
  for (const [name, address, bits] of [
    ['IPv4', ipv4, bits4],
    ['IPv6', ipv6, bits6],
  ] as const) {
    test(`${name}: agrees with node:net's BlockList`, () => {
      fc.assert(
        fc.property(address, bits, fc.array(address, { maxLength: 20 }), (network, prefix, others) => {
          const list = new BlockList()
          list.addSubnet(network, prefix, family(network))
          const matches = parseAddressRanges([`${network}/${prefix}`], 'trustedProxies')
          for (const one of [network, ...others]) expect(matches(one)).toBe(list.check(one, family(one)))
        }),
        { numRuns: 1000 },
      )
    })
  }

  test('IPv4: neighbours on both sides of a range, where random addresses seldom fall', () => {
    const edge = fc.tuple(fc.nat(0xffffffff), bits4, fc.integer({ min: -2, max: 2 }), fc.boolean())
    const write = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
    fc.assert(
      fc.property(edge, ([value, prefix, offset, atEnd]) => {
        const size = 2 ** (32 - prefix)
        const start = Math.floor(value / size) * size
        const near = ((((atEnd ? start + size - 1 : start) + offset) % 2 ** 32) + 2 ** 32) % 2 ** 32
        const list = new BlockList()
        list.addSubnet(write(value), prefix, 'ipv4')
        const matches = parseAddressRanges([`${write(value)}/${prefix}`], 'trustedProxies')
        expect(matches(write(near))).toBe(list.check(write(near), 'ipv4'))
        expect(matches(`::ffff:${write(near)}`)).toBe(list.check(write(near), 'ipv4'))
      }),
      { numRuns: 2000 },
    )
  })

  test('a single address is a range of one', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), fc.oneof(ipv4, ipv6), (one, other) => {
        const list = new BlockList()
        list.addAddress(one, family(one))
        const matches = parseAddressRanges([one], 'trustedProxies')
        expect(matches(one)).toBe(true)
        if (family(one) === family(other)) expect(matches(other)).toBe(list.check(other, family(other)))
      }),
    )
  })

  test("'loopback' is 127.0.0.0/8 and ::1, also as a dual-stack socket shows it", () => {
    const matches = parseAddressRanges(['loopback'], 'trustedProxies')
    for (const address of [
      '127.0.0.1',
      '127.255.255.254',
      '::1',
      '0:0:0:0:0:0:0:1',
      '::ffff:127.0.0.1',
      '::FFFF:7f00:1',
    ])
      expect(matches(address)).toBe(true)
    for (const address of ['128.0.0.1', '10.0.0.1', '::2', '::', 'localhost', '']) expect(matches(address)).toBe(false)
  })

  test('a zone does not change the address', () => {
    expect(parseAddressRanges(['fe80::/10'], 'trustedProxies')('fe80::1%eth0')).toBe(true)
  })

  test('an empty list matches nothing', () => {
    expect(parseAddressRanges([], 'trustedProxies')('127.0.0.1')).toBe(false)
  })

  test('what is no address is in no range, not even in the whole of the internet', () => {
    const matches = parseAddressRanges(['0.0.0.0/0', '::/0'], 'trustedProxies')
    const near = fc.string({
      unit: fc.constantFrom('1', '255', '.', ':', '::', 'f', 'g', '/', '%', '0x', ' '),
      maxLength: 10,
    })
    fc.assert(
      fc.property(fc.oneof(near, fc.string()), (text) => {
        if (!text.includes('%')) expect(matches(text)).toBe(isIP(text) !== 0)
        else if (isIP(text) === 0) expect(matches(text)).toBe(false)
      }),
      { numRuns: 3000 },
    )
  })

  const wrong: unknown[] = [
    '',
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0/8',
    '010.0.0.1',
    '256.0.0.1',
    '1.2.3.4.5',
    '::1/129',
    '1::2::3',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    'g::1',
    '10.0.0.0/0x8',
    ' 10.0.0.1',
    true,
    1,
    null,
    undefined,
    {},
    10n,
  ]
  for (const range of wrong)
    test(`${String(range)} (${typeof range}) is a TypeError that names the option`, () => {
      expect(() => parseAddressRanges([range], 'trustedProxies')).toThrow(TypeError)
      expect(() => parseAddressRanges([range], 'trustedProxies')).toThrow('"trustedProxies"')
    })
})
