// One file, so that each mutant starts only one test file.
import '../../../packages/tollgate/test/form.test.ts'
import '../../../packages/tollgate/test/signature.test.ts'
import '../../../packages/tollgate/test/signed-url.test.ts'
import '../../../packages/tollgate/test/signing-string.test.ts'
import '../../../packages/tollgate/test/validator.test.ts'
