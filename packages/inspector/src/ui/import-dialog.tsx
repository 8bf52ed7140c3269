import { useState } from 'preact/hooks'
import { importCaptures } from './actions.ts'
import { Modal } from './modal.tsx'

/** A dialog that imports requests from a file or a text. */
export function ImportDialog() {
  const [text, setText] = useState('')
  return (
    <Modal title="Import requests" send={{ label: 'Import', onSubmit: () => void importCaptures(new Blob([text])) }}>
      <p class="muted">
        A curl command, a raw HTTP request, HAR or JSON. They are verified with the keys of this run, and not sent.
      </p>
      <label>
        Paste a request
        <textarea
          rows={7}
          value={text}
          spellcheck={false}
          placeholder="curl https://app.example.com/sms -H 'X-Twilio-Signature: …' -d '…'"
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      <label>
        Or choose a file, or drop it on the page
        <input
          type="file"
          aria-label="File to import"
          onChange={({ currentTarget }) => {
            const [chosen] = currentTarget.files ?? []
            if (chosen) void importCaptures(chosen)
            currentTarget.value = ''
          }}
        />
      </label>
    </Modal>
  )
}
