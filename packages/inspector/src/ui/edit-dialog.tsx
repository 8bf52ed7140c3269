import { useState } from 'preact/hooks'
import type { CaptureView } from '../shared/capture.ts'
import { attempt, showResult } from './actions.ts'
import { KeyChoice } from './key-choice.tsx'
import { Modal } from './modal.tsx'
import { PairEditor } from './pair-editor.tsx'
import { resign } from './requests.ts'

/** A dialog that changes a captured request, signs it again and sends it. */
export function EditDialog({ capture }: { capture: CaptureView }) {
  const type = capture.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  const isForm = capture.body !== undefined && /^application\/x-www-form-urlencoded/i.test(type)
  const [method, setMethod] = useState(capture.method === 'GET' ? 'GET' : 'POST')
  const [target, setTarget] = useState(capture.target)
  const [contentType, setContentType] = useState(type)
  const [params, setParams] = useState(capture.params)
  const [body, setBody] = useState(capture.body ?? '')
  const [useRealToken, setReal] = useState(false)
  const hasBody = method === 'POST'

  const send = () =>
    attempt(async () => {
      const content = !hasBody ? {} : isForm ? { params, contentType } : { body, contentType }
      showResult(await resign(capture.id, { method, target, ...content, useRealToken }), 'Signed and sent')
    })
  return (
    <Modal title="Edit and re-sign" submit="Sign and send" onSubmit={() => void send()}>
      <div class="line">
        <label class="narrow">
          Method
          <select value={method} onChange={({ currentTarget }) => setMethod(currentTarget.value)}>
            <option>POST</option>
            <option>GET</option>
          </select>
        </label>
        <label>
          Path and query
          <input value={target} spellcheck={false} onInput={({ currentTarget }) => setTarget(currentTarget.value)} />
        </label>
      </div>
      {capture.bodyBase64 !== undefined && <p class="muted">The body is not text. It is left out.</p>}
      {hasBody && isForm && (
        <fieldset>
          <legend>Parameters</legend>
          <PairEditor pairs={params} onChange={setParams} add="Add a parameter" />
        </fieldset>
      )}
      {hasBody && !isForm && (
        <>
          <label>
            Content type
            <input value={contentType} onInput={({ currentTarget }) => setContentType(currentTarget.value)} />
          </label>
          <label>
            Body
            <textarea
              rows={10}
              value={body}
              spellcheck={false}
              onInput={({ currentTarget }) => setBody(currentTarget.value)}
            />
          </label>
        </>
      )}
      <KeyChoice real={useRealToken} onChange={setReal} />
    </Modal>
  )
}
