// One file, so that each mutant starts only one test file.
import '../../../packages/tollgate/test/handshakes.test.ts'
import '../../../packages/tollgate/test/keys.test.ts'
import '../../../packages/tollgate/test/observe.test.ts'
import '../../../packages/tollgate/test/public-url.test.ts'
import '../../../packages/tollgate/test/rejections.test.ts'
import '../../../packages/tollgate/test/verifier.test.ts'
import '../../../packages/tollgate/test/verifier-hooks.test.ts'
import '../../../packages/tollgate/test/webhook-params.test.ts'
