import { useEffect, useRef, useState } from 'preact/hooks'
import type { CallInput, CallLine, CallSteps, CallView } from '../shared/api.ts'
import { select } from './actions.ts'
import { placeCall, takeStep } from './call.ts'
import { KeyChoice } from './key-choice.tsx'
import { Modal } from './modal.tsx'
import { SafeText } from './safe-text.tsx'
import { call, callInput, dialog, info } from './state.ts'

/** A dialog that places a call: what is heard, a keypad, speech, and the requests as they come. */
export function CallDialog() {
  const useRealToken = callInput.value.useRealToken ?? info.value?.realToken === true
  const { value: placed } = call
  if (placed === undefined) {
    const change = (changed: Partial<CallInput>) => {
      callInput.value = { ...callInput.value, ...changed }
    }
    const submit = () => void placeCall({ ...callInput.value, useRealToken })
    return (
      <Modal title="Place a call" send={{ label: 'Call', onSubmit: submit }}>
        <p class="muted">
          The page plays Twilio's part: it sends the signed webhook of a call, and follows the TwiML of each answer. All
          requests go through this run's gateway. No other host is called.
        </p>
        {fields.map(({ name, label }) => (
          <label key={name}>
            {label}
            <input
              value={callInput.value[name]}
              required
              spellcheck={false}
              onInput={({ currentTarget }) => change({ [name]: currentTarget.value })}
            />
          </label>
        ))}
        <KeyChoice real={useRealToken} onChange={(real) => change({ useRealToken: real })} />
      </Modal>
    )
  }
  const again = () => {
    call.value = undefined
  }
  return (
    <Modal
      title={`A call to ${placed.to}`}
      dismiss="Close"
      {...(placed.state === 'over' && { send: { label: 'Call again', onSubmit: again } })}
    >
      <PlacedCall placed={placed} />
    </Modal>
  )
}

const fields = [
  { name: 'path', label: 'Path of the webhook' },
  { name: 'from', label: 'From' },
  { name: 'to', label: 'To' },
] as const

const states = {
  working: 'Your application answers…',
  waiting: 'The call waits for you.',
  over: 'The call is over.',
} as const

const keypad = [...'123456789*0#']
/** Keys that follow one another so quickly belong together. */
const msBetweenKeys = 900

const outcomes: readonly (readonly [label: string, outcome: CallSteps['answer']['outcome']])[] = [
  ['Answer', 'completed'],
  ['Busy', 'busy'],
  ['No answer', 'no-answer'],
  ['Failed', 'failed'],
]

function PlacedCall({ placed: { state, lines } }: { placed: CallView }) {
  const part = useRef<HTMLDivElement>(null)
  const [speech, setSpeech] = useState('')
  const { keys, press } = useKeys()
  useEffect(() => {
    part.current?.querySelector<HTMLElement>('.keypad button')?.focus()
  }, [])
  useEffect(() => {
    const pressKey = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLInputElement
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !keypad.includes(event.key)) return
      event.preventDefault()
      press(event.key)
    }
    addEventListener('keydown', pressKey)
    return () => removeEventListener('keydown', pressKey)
  })
  const isOver = state === 'over'
  useEffect(() => {
    // The button that had the focus has gone.
    if (isOver && document.activeElement === document.body)
      part.current?.querySelector<HTMLElement>('.transcript')?.focus()
  }, [isOver])
  // A button that is disabled would lose the focus while the application answers.
  const idle = { type: 'button', 'aria-disabled': state !== 'waiting' } as const
  const say = () => {
    if (speech.trim() === '' || state !== 'waiting') return
    setSpeech('')
    void takeStep('say', { text: speech })
  }
  return (
    <div class="stack" ref={part}>
      <p role="status">{states[state]}</p>
      <Transcript lines={lines.filter(({ type }) => type !== 'request')} />
      {!isOver && (
        <div class="call-controls">
          <fieldset class="keypad">
            <legend>Keys{keys !== '' && `: ${keys}`}</legend>
            {keypad.map((key) => (
              <button key={key} {...idle} onClick={() => press(key)}>
                {key}
              </button>
            ))}
          </fieldset>
          <div class="stack">
            <label>
              Say
              <input
                value={speech}
                dir="auto"
                maxLength={1_000}
                onInput={({ currentTarget }) => setSpeech(currentTarget.value)}
                onKeyDown={(event) => {
                  if (event.key !== 'Enter' || event.isComposing) return
                  event.preventDefault()
                  say()
                }}
              />
            </label>
            <div class="flow">
              <button {...idle} onClick={say}>
                Say it
              </button>
              <button {...idle} onClick={() => void takeStep('wait', {})}>
                Wait
              </button>
              <button type="button" class="danger" onClick={() => void takeStep('hangup', {})}>
                Hang up
              </button>
            </div>
            <fieldset class="flow">
              <legend>A number that rings</legend>
              {outcomes.map(([label, outcome]) => (
                <button key={outcome} {...idle} onClick={() => void takeStep('answer', { outcome })}>
                  {label}
                </button>
              ))}
            </fieldset>
          </div>
        </div>
      )}
      <Requests lines={lines} />
    </div>
  )
}

/** Collects keys, and presses them together after a short pause. */
function useKeys() {
  const [keys, setKeys] = useState('')
  const timer = useRef<ReturnType<typeof setTimeout>>()
  useEffect(() => () => clearTimeout(timer.current), [])
  const press = (key: string) => {
    if (call.value?.state !== 'waiting') return
    const all = (keys + key).slice(0, 100)
    setKeys(all)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      setKeys('')
      void takeStep('press', { keys: all })
    }, msBetweenKeys)
  }
  return { keys, press }
}

function Transcript({ lines }: { lines: readonly CallLine[] }) {
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight
  }, [lines.length])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
    <div class="transcript stack" ref={list} role="log" aria-label="What is heard" tabIndex={0}>
      {lines.map((line, index) => (
        <p key={index} class={line.type === 'finding' ? 'finding failed' : line.type}>
          <Line line={line} />
        </p>
      ))}
    </div>
  )
}

function Line({ line }: { line: CallLine }) {
  if (line.type === 'request') return null
  if (line.type !== 'finding')
    return (
      <>
        {line.type === 'note' && <span class="muted">Note: </span>}
        <SafeText text={line.text} />
      </>
    )
  if (typeof line.code === 'string') return <SafeText text={line.detail} />
  return (
    <>
      Twilio would report{line.level === 'warning' && ' the warning'}{' '}
      <a href={`https://www.twilio.com/docs/api/errors/${line.code}`} target="_blank" rel="noreferrer">
        {line.code}
      </a>
      : <SafeText text={line.detail} />
    </>
  )
}

/** Lists the requests. Each that the gateway reported leads to its capture, and the call goes on meanwhile. */
function Requests({ lines }: { lines: readonly CallLine[] }) {
  const requests = lines.filter((line) => line.type === 'request')
  const show = (id: string) => {
    dialog.value = undefined
    select(id)
  }
  return (
    <section class="call-requests stack" aria-label="Requests">
      <h3>Requests ({requests.length})</h3>
      <ol>
        {requests.map(({ reason, method, url, status, capture }, index) => (
          <li key={index}>
            <span class={`chip ${status >= 200 && status < 400 ? 'good' : 'bad'}`}>{status || 'no answer'}</span>
            <p>
              {capture === undefined ? (
                <code>
                  {method} <SafeText text={url} limit={200} isUrl />
                </code>
              ) : (
                <button type="button" class="link" onClick={() => show(capture)}>
                  <span>
                    {method} <SafeText text={url} limit={200} isUrl />
                  </span>
                </button>
              )}{' '}
              <span class="muted">
                <SafeText text={reason} limit={100} />
              </span>
            </p>
          </li>
        ))}
      </ol>
    </section>
  )
}
