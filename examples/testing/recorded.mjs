// #region recorded
import { readFileSync } from 'node:fs'
import { createVerifier } from 'tollgate'
import { RequestError, readRequests, toIncoming } from 'tollgate/testing'

// A curl command, a raw HTTP request, a HAR file or JSON. The path is that of your file.
const path = process.argv[2] ?? 'request.har'
const { requests } = readRequests(readFileSync(path), { from: path })
const { verify } = createVerifier({ publicUrl: 'https://api.example.com' })
for (const request of requests) {
  // One entry that cannot be read does not hide the others.
  if (request instanceof RequestError) console.log(request.message)
  else console.log(request.url, (await verify(toIncoming(request))).ok)
}
// #endregion
