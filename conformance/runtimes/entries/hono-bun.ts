import { playWithBun } from '../serve-with-bun.ts'
import * as staged from '../staged-hono.ts'

await playWithBun(staged)
