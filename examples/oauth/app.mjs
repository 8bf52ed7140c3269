import express from 'express'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { readWebhook, twilioWebhook } from 'tollgate/express'

const { OAUTH_ISSUER: issuer = '', OAUTH_AUDIENCE: audience = '', OAUTH_JWKS_URL = '' } = process.env

// An unknown key id loads the keys again, at most once a second: the issuer has new keys.
const keys = createRemoteJWKSet(new URL(OAUTH_JWKS_URL), { cooldownDuration: 1000 })
const rules = { issuer, audience, algorithms: ['RS256', 'ES256'], requiredClaims: ['exp'] }

/** @param {express.Request} req @param {express.Response} res @param {express.NextFunction} next */
async function requireBearerToken(req, res, next) {
  const [, token = ''] = /^Bearer ([\w.-]+)$/i.exec(req.get('authorization') ?? '') ?? []
  try {
    await jwtVerify(token, keys, rules)
  } catch (error) {
    // The token is wrong, or the issuer does not answer.
    const isWrong = /^ERR_(JW[ST]_|JWKS_NO_MATCHING|JOSE_ALG)/.test(String(Object(error).code))
    if (isWrong) res.set('www-authenticate', 'Bearer error="invalid_token"')
    res.sendStatus(isWrong ? 401 : 503)
    return
  }
  next()
}

export const app = express()
app.post('/sms', twilioWebhook(), requireBearerToken, (req, res) => {
  res.send(`Hello ${readWebhook(req).params.get('From')}`)
})
