import { defineNitroConfig } from 'nitro/config'

export default defineNitroConfig({
  preset: 'node-server',
  compatibilityDate: '2026-11-01',
  baseURL: process.env.BASE_URL ?? '/',
  routeRules: { '/cached/**': { cache: { maxAge: 60 } } },
})
