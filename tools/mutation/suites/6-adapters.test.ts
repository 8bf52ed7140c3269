// One file, so that each mutant starts only one test file.
import '../../../packages/tollgate/test/elysia-outcome.test.ts'
import '../../../packages/tollgate/test/lambda-mapped.test.ts'
import '../../../packages/tollgate/test/mock-requests.test.ts'
import '../../../packages/tollgate/test/node-view.test.ts'
import '../../../packages/tollgate/test/paths.test.ts'
import '../../../packages/tollgate/test/query-spellings.test.ts'
