import { vi } from 'vitest'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'
import { h3, h3HookSuite, h3RequestSuite } from '../frameworks/h3.ts'
import { bindSuites } from '../kit/bind.ts'
import { bindFramework } from '../kit/bind-framework.ts'

// Adapters warn the developer in many of these cases.
vi.spyOn(console, 'error').mockImplementation(() => undefined)

for (const framework of h3) bindFramework(framework, adapterSuites(framework, socketAttackSuites(framework)))
bindSuites('h3 2', [h3HookSuite, h3RequestSuite])
