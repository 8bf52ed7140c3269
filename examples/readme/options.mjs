import { createVerifier, fromRequest } from 'tollgate'

const authToken = '12345'

// Many hosts: the URL is built from each request, from headers that only your proxy can set.
export const manyHosts = createVerifier({
  authToken,
  publicUrl: fromRequest({
    allowedHosts: ['example.com', '*.example.com'],
    trustedProxies: ['10.0.0.0/8', 'loopback'],
    forwardedBy: 'x-forwarded',
  }),
})

export const withApache = createVerifier({ authToken, publicUrl: 'https://example.com', trailingSlash: 'either' })
