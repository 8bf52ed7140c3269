// One file, so that each mutant starts only one test file.
import '../../../packages/tollgate/test/replay-guard.test.ts'
import '../../../packages/tollgate/test/replay-memory-store.test.ts'
import '../../../packages/tollgate/test/replay-redis-store.test.ts'
import '../../../packages/tollgate/test/limits.test.ts'
