// One file, so that a mutant waits for one start and not for many.
import '../../../packages/tollgate/test/replay-guard.test.ts'
import '../../../packages/tollgate/test/replay-memory-store.test.ts'
import '../../../packages/tollgate/test/replay-redis-store.test.ts'
