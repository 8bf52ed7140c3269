import { afterEach, beforeEach, expect, vi } from 'vitest'
import type { Framework } from '../adapter/framework.ts'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'
import { express } from '../frameworks/express.ts'
import { fetch } from '../frameworks/fetch.ts'
import { node } from '../frameworks/node.ts'
import { bindFramework } from '../kit/bind-framework.ts'
import { account, otherToken, sharedKey, token } from '../kit/draft.ts'

// Adapters warn the developer in many of these cases. No warning may contain a secret.
beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(() => {
  const lines = vi.mocked(console.error).mock.calls.flat().map(String).join('\n')
  for (const secret of [token, otherToken, sharedKey.secret, account]) expect(lines).not.toContain(secret)
  vi.restoreAllMocks()
})

const frameworks: readonly Framework[] = [node, fetch, ...express]
for (const framework of frameworks) bindFramework(framework, adapterSuites(framework, socketAttackSuites(framework)))
