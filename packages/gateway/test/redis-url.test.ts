import { expect, test } from 'vitest'
import { openRedisStore, parseRedisUrl } from '../src/config/redis.ts'
import { OwnEvents } from '../src/own-events.ts'

test('the URL of sentinels may have addresses of IPv6, a password and a name with escapes', () => {
  expect(parseRedisUrl('rediss+sentinel://a%3Ab:c:%40@[::1]:26379,host/my%20main')).toEqual({
    kind: 'sentinel',
    urls: ['rediss://[::1]:26379', 'rediss://host'],
    credentials: { username: 'a:b', password: 'c:@' },
    tls: true,
    name: 'my main',
  })
})

test.each([
  'redis+cluster://:secret@h:1,',
  'redis+cluster://:secret@,h:1',
  'redis+cluster://:secret@h:1/2',
  'redis+cluster://:secret@h:1?a',
  'redis+sentinel://:secret@h:1/',
  'redis+sentinel://:secret@h:1/%zz',
  'redis+sentinel://:sec/ret@h:1/main',
  'redis+sentinel://:sec@ret@h:1/main',
  'redis://:secret@h:x',
])('the URL %s is an error without the password', (url) => {
  expect(() => parseRedisUrl(url)).toThrow(/^the URL of Redis (?!.*sec)/)
})

test('a store can be opened after one with another port and without TLS, as in a reload', async () => {
  const stores = ['redis://127.0.0.1:9', 'rediss://:secret@127.0.0.1'].map((url) =>
    openRedisStore(url, () => undefined, new OwnEvents()),
  )
  for (const store of stores) await store.close()
})

test.each(['redis://127.0.0.1:9', 'redis+cluster://127.0.0.1:9', 'redis+sentinel://127.0.0.1:9/main'])(
  '%s: a store that is closed while it connects reports nothing',
  async (url) => {
    const problems: string[] = []
    const store = openRedisStore(url, (line) => problems.push(line), new OwnEvents())
    await store.close()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(problems).toEqual([])
  },
)
