import { RequestValidator } from 'tollgate'

const validator = new RequestValidator('12345')

/** @param {Record<string, string>} params @param {string | null} signature */
export function isGenuine(params, signature) {
  return validator.validate('https://mycompany.com/myapp.php?foo=1&bar=2', params, signature)
}
