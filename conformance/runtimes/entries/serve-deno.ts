import { playWithDeno } from '../serve-with-deno.ts'
import * as staged from '../staged-fetch.ts'

await playWithDeno(staged)
