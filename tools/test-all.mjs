import { keepTemporaryFilesInMemory } from './memory-folder.mjs'
import { installWhenNeeded } from './setup.mjs'
import { quickSteps, runSteps, slowSteps } from './steps.mjs'

// Runs everything, each test once. After `npm test`, `--rest` leaves out what that has run.
const given = process.argv.slice(2)
if (given.some((option) => option !== '--rest')) {
  console.error('Usage: npm run test:all [-- --rest]')
  process.exit(2)
}

await installWhenNeeded()
keepTemporaryFilesInMemory()
await runSteps([...(given.includes('--rest') ? [] : quickSteps), ...slowSteps])
