// One file, so that each mutant starts only one test file.
import '../../../packages/tollgate/test/stream-tickets.test.ts'
import '../../../packages/tollgate/test/two-tokens.test.ts'
