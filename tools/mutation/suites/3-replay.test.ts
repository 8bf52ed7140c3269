// One file, so that each mutant starts only one test file.
// It makes verifiers only in its tests, so it also loads if they cannot be made.
import '../../../packages/tollgate/test/replay-guard.test.ts'
import '../../../packages/tollgate/test/replay-memory-store.test.ts'
import '../../../packages/tollgate/test/replay-redis-store.test.ts'
import '../../../packages/tollgate/test/replay-states.test.ts'
import '../../../packages/tollgate/test/limits.test.ts'
