// One file, so that a mutant waits for one start and not for many.
import '../../../packages/tollgate/test/body-hash.test.ts'
import '../../../packages/tollgate/test/form.test.ts'
import '../../../packages/tollgate/test/name-order.test.ts'
import '../../../packages/tollgate/test/settings-header.test.ts'
import '../../../packages/tollgate/test/signature.test.ts'
import '../../../packages/tollgate/test/signed-url.test.ts'
import '../../../packages/tollgate/test/signing-string.test.ts'
