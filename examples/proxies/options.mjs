import { fromRequest } from 'tollgate'

// #region one-host
export const oneHost = { publicUrl: 'https://app.example.com' }
// #endregion

// #region prefix
export const prefixStripped = { publicUrl: 'https://app.example.com/twilio' }
// #endregion

// #region port
export const otherPort = { publicUrl: 'https://app.example.com:8443' }
// #endregion

// #region several-hosts
export const severalHosts = { publicUrl: ['https://app.example.com', 'https://other.example.com'] }
// #endregion

// #region many-hosts
const allowedHosts = ['app.example.com', '*.tenants.example.com']
export const manyHosts = {
  publicUrl: fromRequest({ allowedHosts, trustedProxies: 'loopback', forwardedBy: 'x-forwarded' }),
}
// #endregion

// #region rfc7239
export const rfc7239 = {
  publicUrl: fromRequest({ allowedHosts, trustedProxies: 'loopback', forwardedBy: 'forwarded' }),
}
// #endregion

/** @type {import('tollgate').VerifierOptions} */
// #region slash
export const slashAdded = { publicUrl: 'https://app.example.com', trailingSlash: 'either' }
// #endregion

/** @type {import('tollgate').VerifierOptions} */
// #region own-rule
export const ownRule = { signedUrl: ({ url }) => `https://app.example.com${url.replace('/internal/', '/twilio/')}` }
// #endregion
