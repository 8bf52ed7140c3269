import express from 'express'
import { twilioWebhook } from 'tollgate/express'
import { cached } from 'tollgate/keys'

/**
 * @typedef {{ accountSid: string, authToken: string }} Tenant
 * @param {{ find(accountSid: string): Promise<Tenant | undefined>, list(): Promise<Tenant[]> }} database
 */
export async function createApp(database) {
  const knownAccounts = new Set((await database.list()).map(({ accountSid }) => accountSid))
  const findToken = async (/** @type {string} */ accountSid) => (await database.find(accountSid))?.authToken
  const authToken = cached(findToken, { knownAccounts })

  const app = express()
  app.post('/sms', twilioWebhook({ publicUrl: 'https://api.example.com', authToken }), (_req, res) => {
    res.type('text/xml').send('<Response/>')
  })
  return {
    app,
    /** Call it when you have stored a new tenant. @param {Tenant} tenant */
    addTenant: ({ accountSid }) => knownAccounts.add(accountSid),
  }
}
