import { useState } from 'preact/hooks'
import type { CaptureView, HeaderList } from '../shared/capture.ts'
import { splitMainParams } from '../shared/main-params.ts'
import { sendOne } from './actions.ts'
import { KeyChoice } from './key-choice.tsx'
import { MainFields } from './main-fields.tsx'
import { Modal } from './modal.tsx'
import { PairEditor } from './pair-editor.tsx'
import { resign } from './requests.ts'
import { info } from './state.ts'

/** A dialog that changes a captured request, signs it again and sends it. */
export function EditDialog({ capture }: { capture: CaptureView }) {
  const type = capture.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  // The parameters are in a form, or in the query of a GET.
  const inQuery = capture.method === 'GET' && capture.params.length > 0
  const hasParams = inQuery || (capture.body !== undefined && /^application\/x-www-form-urlencoded/i.test(type))
  const [method, setMethod] = useState(capture.method === 'GET' ? 'GET' : 'POST')
  const [target, setTarget] = useState(inQuery ? capture.target.replace(/\?.*$/s, '') : capture.target)
  const [contentType, setContentType] = useState(type)
  const [params, setParams] = useState(() => splitMainParams(capture.params))
  const [body, setBody] = useState(capture.body ?? '')
  const [useRealToken, setReal] = useState(info.value?.realToken === true)
  const hasBody = method === 'POST'

  const send = () => {
    const all = [...params.main, ...params.others]
    const edited = !hasBody
      ? { target: hasParams ? addToQuery(target, all) : target }
      : { target, contentType, ...(hasParams ? { params: all } : { body }) }
    const sign = (signal: AbortSignal) => resign(capture.id, { method, ...edited, useRealToken }, signal)
    return sendOne('Signed and sent', sign, 'edit')
  }
  return (
    <Modal title="Edit and re-sign" send={{ label: 'Sign and send', onSubmit: () => void send() }}>
      {hasParams && (
        <MainFields
          pairs={params.main}
          onChange={(index, value) =>
            setParams({ ...params, main: params.main.map((pair, at) => (at === index ? [pair[0], value] : pair)) })
          }
        />
      )}
      <label>
        Method
        <select value={method} onChange={({ currentTarget }) => setMethod(currentTarget.value)}>
          <option>POST</option>
          <option>GET</option>
        </select>
      </label>
      <label>
        {hasParams && !hasBody ? 'Path' : 'Path and query'}
        <input value={target} spellcheck={false} onInput={({ currentTarget }) => setTarget(currentTarget.value)} />
      </label>
      {capture.bodyBase64 !== undefined && <p class="muted">The body is not text. It is left out.</p>}
      {hasParams && (
        <fieldset>
          <legend>Other parameters</legend>
          <PairEditor
            pairs={params.others}
            onChange={(others) => setParams({ ...params, others })}
            add="Add a parameter"
          />
        </fieldset>
      )}
      {hasBody && !hasParams && (
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

function addToQuery(target: string, params: HeaderList): string {
  const query = new URLSearchParams(params.map(([name, value]) => [name, value])).toString()
  return query === '' ? target : `${target}${target.includes('?') ? '&' : '?'}${query}`
}
