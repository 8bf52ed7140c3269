import { koa } from '../frameworks/koa.ts'
import { isOlder } from '../frameworks/older.ts'
import { bindAdapter, captureWarnings } from '../kit/bind-framework.ts'

captureWarnings()

for (const framework of koa) if (!isOlder(framework)) bindAdapter(framework)
