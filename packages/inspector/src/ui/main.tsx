import { render } from 'preact'
import { followAddress } from './actions.ts'
import { App } from './app.tsx'
import { hangUpOnLeave } from './call.ts'
import { followEvents } from './live.ts'

const root = document.getElementById('app')
if (root) render(<App />, root)
followAddress()
followEvents()
hangUpOnLeave()
