import { makeApp } from './app.mjs'

// The public URL comes from TOLLGATE_PUBLIC_URL, the Auth Token from TWILIO_AUTH_TOKEN.
export const app = makeApp({})
