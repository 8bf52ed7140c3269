import { express } from '../frameworks/express.ts'
import { h3 } from '../frameworks/h3.ts'
import { koa } from '../frameworks/koa.ts'
import { isOlder } from '../frameworks/older.ts'
import { bindAdapter, captureWarnings } from '../kit/bind-framework.ts'

// It is here because `runs/` has the newest version of each of these, with the same adapter and the same suite.
captureWarnings()

for (const framework of [...express, ...h3, ...koa].filter(isOlder)) bindAdapter(framework)
