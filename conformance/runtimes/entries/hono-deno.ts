import { playWithDeno } from '../serve-with-deno.ts'
import * as staged from '../staged-hono.ts'

await playWithDeno(staged)
