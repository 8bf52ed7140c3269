import { koa } from '../frameworks/koa.ts'
import { bindAdapter, captureWarnings } from '../kit/bind-framework.ts'

captureWarnings()

for (const framework of koa) bindAdapter(framework)
