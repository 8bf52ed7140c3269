import { useState } from 'preact/hooks'
import type { HeaderList } from '../shared/capture.ts'
import { sendOne } from './actions.ts'
import { KeyChoice } from './key-choice.tsx'
import { groupKinds } from './labels.ts'
import { MainFields } from './main-fields.tsx'
import { Modal } from './modal.tsx'
import { PairEditor } from './pair-editor.tsx'
import { sendTest } from './requests.ts'
import { info, opens } from './state.ts'

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
  const [changes, setChanges] = useState<Readonly<Record<string, string>>>({})
  const [others, setOthers] = useState<HeaderList>([])
  const [spoofed, setSpoofed] = useState(false)
  const [useRealToken, setReal] = useState(info.value?.realToken === true)
  const sample = info.value?.samples[kind] ?? []
  const main = sample.map(([name, value]) => [name, changes[name] ?? value] as const)
  const send = () => {
    // The server has the sample, so only the changed values are sent.
    const changed = main.filter(([, value], index) => value !== sample[index]?.[1])
    const overrides = Object.fromEntries([...changed, ...others.filter(([name]) => name !== '')])
    const input = { kind, path: path ?? usualPath(kind), overrides, spoofed, useRealToken }
    return sendOne(spoofed ? 'Spoofed' : 'Sent', (signal) => sendTest(input, signal))
  }
  return (
    <Modal title="Send a test webhook" send={{ label: 'Send', onSubmit: () => void send() }}>
      <p class="muted">
        A webhook is one step of a call.{' '}
        <button type="button" class="link" onClick={opens('call')}>
          Place a call
        </button>{' '}
        to go through all of them.
      </p>
      <label>
        Kind
        <select value={kind} onChange={({ currentTarget }) => setKind(currentTarget.value)}>
          {groupKinds(info.value?.kinds ?? []).map(([group, kinds]) => (
            <optgroup key={group} label={group}>
              {kinds.map(([id, name]) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </label>
      <MainFields
        pairs={main}
        onChange={(index, value) => setChanges({ ...changes, [main[index]?.[0] ?? '']: value })}
      />
      <label>
        Path
        <input
          value={path ?? usualPath(kind)}
          spellcheck={false}
          onInput={({ currentTarget }) => setPath(currentTarget.value)}
        />
      </label>
      <fieldset>
        <legend>Other parameters to change</legend>
        <PairEditor pairs={others} onChange={setOthers} add="Add a parameter" />
      </fieldset>
      <label class="check">
        <input type="checkbox" checked={spoofed} onChange={({ currentTarget }) => setSpoofed(currentTarget.checked)} />
        Spoofed: sign it with a random token
      </label>
      {!spoofed && <KeyChoice real={useRealToken} onChange={setReal} />}
    </Modal>
  )
}
