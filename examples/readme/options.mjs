import { createVerifier, fromRequest } from 'tollgate'

const authToken = '12345'

// #region proxy
// One public host: whatever the proxy does to scheme, host, port and path prefix, this is what Twilio signed.
export const behindProxy = createVerifier({ authToken, publicUrl: 'https://example.com/api' })

// Many hosts: built from each request, from headers that only your proxy can set.
export const manyHosts = createVerifier({
  authToken,
  publicUrl: fromRequest({
    allowedHosts: ['example.com', '*.example.com'],
    trustedProxies: ['10.0.0.0/8', 'loopback'],
    forwardedBy: 'x-forwarded',
  }),
})
// #endregion

// #region slash
export const withApache = createVerifier({ authToken, publicUrl: 'https://example.com', trailingSlash: 'either' })
// #endregion
