import { h3, h3HookSuite, h3RequestSuite } from '../frameworks/h3.ts'
import { bindSuites } from '../kit/bind.ts'
import { bindAdapter, captureWarnings } from '../kit/bind-framework.ts'

captureWarnings()

for (const framework of h3) bindAdapter(framework)
bindSuites('h3 2', [h3HookSuite, h3RequestSuite])
