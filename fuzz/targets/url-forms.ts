import { listSignedForms, type SignedForm } from '../../packages/tollgate/src/schemes/twilio/sign/signed-url.ts'
import { joinUrl, splitUrl } from '../../packages/tollgate/src/url.ts'
import { check, splitInput, toText } from './check.ts'

/**
 * Checks the URL forms: there are few, they differ, the given URL is first, and all have its host,
 * path and query.
 */
export function fuzz(data: Uint8Array): void {
  const [flags = new Uint8Array(), rest = new Uint8Array()] = splitInput(data, 2)
  const bits = flags[0] ?? 0
  const url = toText(rest)
  const parts = splitUrl(url)
  if (parts === undefined) return
  const hash = url.indexOf('#')
  const given = hash === -1 ? url : url.slice(0, hash)
  const { scheme, userinfo, host, port, path, query } = parts
  check(`${scheme}://${userinfo}${host}${port}${path}${query}` === given, 'the parts are not the URL')
  const options = { eitherSlash: (bits & 1) > 0, respelled: (bits & 2) > 0, userinfo: (bits & 4) > 0 }
  const forms: SignedForm[] = [...listSignedForms(parts, 'a1', options)]
  check(forms[0]?.url === joinUrl(parts), 'the URL as given is not the first')
  check(forms.length <= 24, `${forms.length} forms`)
  check(new Set(forms.map(({ signingString }) => signingString)).size >= forms.length - 2, 'the same form twice')
  for (const form of forms) checkForm(form, host, path, query)
}

function checkForm({ url }: SignedForm, host: string, path: string, query: string): void {
  const parts = splitUrl(url)
  check(parts !== undefined, 'a form is not a URL')
  check(parts.host === host, 'another host')
  const [one, other] = [parts.path, path].map((text) => text.replaceAll('%27', "'"))
  check(one === other || `${one}/` === other || one === `${other}/`, 'another path')
  const spaced = (text: string): string => text.replaceAll('%27', "'").replaceAll('+', '%20')
  check(parts.query === '' || spaced(parts.query) === spaced(query), 'another query')
}
