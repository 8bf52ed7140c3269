import { useState } from 'preact/hooks'
import type { HeaderList } from '../shared/capture.ts'
import { attempt, showResult } from './actions.ts'
import { KeyChoice } from './key-choice.tsx'
import { Modal } from './modal.tsx'
import { PairEditor } from './pair-editor.tsx'
import { sendTest } from './requests.ts'
import { info } from './state.ts'

const usualPaths: readonly (readonly [RegExp, string])[] = [
  [/^(message|whatsapp)\.inbound$/, '/sms'],
  [/^(call|sip)\.inbound$|^(gather|dial)\./, '/voice'],
  [/handshake$/, '/stream'],
  [/status|recording|conference|amd|transcription/, '/status'],
]
const usualPath = (kind: string) => usualPaths.find(([kinds]) => kinds.test(kind))?.[1] ?? '/webhook'

/** A dialog that sends a realistic webhook of any kind, genuine or spoofed. */
export function SendDialog() {
  const [kind, setKind] = useState('message.inbound')
  const [path, setPath] = useState<string>()
  const [changes, setChanges] = useState<HeaderList>([])
  const [spoofed, setSpoofed] = useState(false)
  const [useRealToken, setReal] = useState(false)
  const send = () =>
    attempt(async () => {
      const overrides = Object.fromEntries(changes.filter(([name]) => name !== ''))
      const input = { kind, path: path ?? usualPath(kind), overrides, spoofed, useRealToken }
      showResult(await sendTest(input), spoofed ? 'Spoofed' : 'Sent')
    })
  return (
    <Modal title="Send a test webhook" submit="Send" onSubmit={() => void send()}>
      <label>
        Kind
        <select value={kind} onChange={({ currentTarget }) => setKind(currentTarget.value)}>
          {info.value?.kinds.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <label>
        Path
        <input
          value={path ?? usualPath(kind)}
          spellcheck={false}
          onInput={({ currentTarget }) => setPath(currentTarget.value)}
        />
      </label>
      <fieldset>
        <legend>Parameters to change</legend>
        <PairEditor pairs={changes} onChange={setChanges} add="Add a parameter" />
      </fieldset>
      <label class="check">
        <input type="checkbox" checked={spoofed} onChange={({ currentTarget }) => setSpoofed(currentTarget.checked)} />
        Spoofed: sign it with a random token
      </label>
      {!spoofed && <KeyChoice real={useRealToken} onChange={setReal} />}
    </Modal>
  )
}
