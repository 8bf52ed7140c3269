// One file, so that a mutant waits for one start and not for many.
import '../../../packages/tollgate/test/handshakes.test.ts'
import '../../../packages/tollgate/test/keys.test.ts'
import '../../../packages/tollgate/test/observe.test.ts'
import '../../../packages/tollgate/test/public-url.test.ts'
import '../../../packages/tollgate/test/rejections.test.ts'
import '../../../packages/tollgate/test/verifier.test.ts'
import '../../../packages/tollgate/test/verifier-hooks.test.ts'
