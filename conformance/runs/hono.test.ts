import { vi } from 'vitest'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'
import { hono } from '../frameworks/hono.ts'
import { bindFramework } from '../kit/bind-framework.ts'

// What adapters tell the developer of: many cases provoke it.
vi.spyOn(console, 'error').mockImplementation(() => undefined)

for (const framework of hono) bindFramework(framework, adapterSuites(framework, socketAttackSuites(framework)))
