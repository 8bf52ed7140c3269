import { playWithBun } from '../serve-with-bun.ts'
import * as staged from '../staged-fetch.ts'

await playWithBun(staged)
