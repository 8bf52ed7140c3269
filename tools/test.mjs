import { installWhenNeeded } from './setup.mjs'
import { quickSteps, runSteps } from './steps.mjs'

await installWhenNeeded()
await runSteps(quickSteps)
