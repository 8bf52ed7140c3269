import { elysia } from '../frameworks/elysia.ts'
import { bindAdapter, captureWarnings } from '../kit/bind-framework.ts'

captureWarnings()

for (const framework of elysia) bindAdapter(framework)
