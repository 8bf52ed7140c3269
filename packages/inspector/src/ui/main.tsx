import { render } from 'preact'
import { attempt, followAddress } from './actions.ts'
import { App } from './app.tsx'
import { followEvents } from './live.ts'
import { fetchInfo } from './requests.ts'
import { info } from './state.ts'
import { applyTheme } from './theme.ts'

applyTheme()
const root = document.getElementById('app')
if (root) render(<App />, root)
followAddress()
followEvents()
void attempt(async () => {
  info.value = await fetchInfo()
})
