import type { Framework } from '../adapter/framework.ts'
import { express } from '../frameworks/express.ts'
import { fetch } from '../frameworks/fetch.ts'
import { node } from '../frameworks/node.ts'
import { isOlder } from '../frameworks/older.ts'
import { bindAdapter, captureWarnings } from '../kit/bind-framework.ts'

captureWarnings()

const frameworks: readonly Framework[] = [node, fetch, ...express]
for (const framework of frameworks) if (!isOlder(framework)) bindAdapter(framework)
