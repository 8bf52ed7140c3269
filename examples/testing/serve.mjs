import { makeApp } from './voice.mjs'

makeApp({ publicUrl: 'https://api.example.com' }).listen(process.env.PORT ?? 3000)
