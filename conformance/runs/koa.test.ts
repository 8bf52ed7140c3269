import { vi } from 'vitest'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'
import { koa } from '../frameworks/koa.ts'
import { bindFramework } from '../kit/bind-framework.ts'

// Adapters warn the developer in many of these cases.
vi.spyOn(console, 'error').mockImplementation(() => undefined)

for (const framework of koa) bindFramework(framework, adapterSuites(framework, socketAttackSuites(framework)))
