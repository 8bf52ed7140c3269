import type { CauseId } from './types.ts'

const fixes: Readonly<Record<CauseId, string>> = {
  scheme: 'Set "publicUrl" to the URL that Twilio is configured with, scheme included.',
  host: 'Set "publicUrl" to the host that Twilio is configured with.',
  host_case: 'Spell the host in "publicUrl" as in the Twilio console, letter case included.',
  port: 'Put the port that Twilio is configured with into "publicUrl".',
  path_prefix:
    'Put the path prefix into "publicUrl" ("https://example.com/prefix"), or let the proxy pass the path as it is.',
  path_encoding: 'Hand over the raw request target, undecoded, and let the proxy pass the path as it is.',
  trailing_slash: `Configure Twilio with the URL that answers without a redirect, or set "trailingSlash: 'either'".`,
  userinfo: 'Sign and check the URL without its user name and password, as Twilio does.',
  fragment: 'Drop the fragment ("#…") from the URL that is checked.',
  websocket_scheme: 'Hand the handshake over with its Upgrade and Connection headers; it is signed as wss://.',
  query_missing: 'Hand over the whole request target, query included, as it arrived.',
  query_extra: 'Check the URL as Twilio requested it, before anything is added to its query.',
  query_order: 'Hand over the raw query instead of one that was parsed and written anew.',
  query_encoding: 'Hand over the raw query undecoded; where the platform keeps none, set "urlIsNormalized".',
  query_counted_as_params: 'Give the parameters of the body only; those of the query are signed in the URL.',
  params_trimmed: 'Verify before any middleware that trims values, on the raw body.',
  params_blank_dropped: 'Verify before any middleware that drops blank values, on the raw body.',
  params_repeats_dropped: 'Verify the raw body, in which repeated parameters are kept.',
  params_plus_as_space: 'Decode the form exactly once: hand over the raw body.',
  params_nested: 'Verify the raw body, or parse it without nesting: express.urlencoded({ extended: false }).',
  params_null: 'Verify before any middleware that turns blank values into null, on the raw body.',
  params_missing: 'Hand over every parameter that Twilio sent and no other: the raw body.',
  body_reserialized: 'Hand over the bytes that arrived, never JSON.stringify of the parsed body.',
  body_whitespace: 'Hand over the bytes that arrived, untrimmed and with their line breaks as they are.',
  body_hash_missing: 'Keep the query, in which bodySHA256 is, and hand over the whole request target.',
  json_taken_as_form:
    'Pass Content-Type: application/json on as it is; JSON is bound by bodySHA256, not as parameters.',
  form_taken_as_json: 'Pass Content-Type: application/x-www-form-urlencoded on as it is.',
  body_already_parsed:
    'Verify before the body parser, or keep the bytes: express.urlencoded({ verify: captureRawBody }).',
  token_of_other_account: 'Use the Auth Token of the account (or subaccount) that owns the number or the resource.',
  token_whitespace: 'Remove the white space around the Auth Token, in the environment or its file.',
  token_quoted: 'Remove the quotes around the Auth Token.',
  token_is_api_key: 'Configure the Auth Token of the account; API keys sign no webhooks.',
  token_is_account_sid: 'Configure the Auth Token, which stands below the AccountSid in the console.',
  shared_key_unconfigured:
    'Add the SharedKey to "sharedKeys" under its id, and pass X-Twilio-Webhooks-Signature-Settings on.',
  algorithm: 'Use SharedKeys with HMAC_SHA256 and Auth Tokens without a settings header.',
  signature_missing: 'Let every proxy pass X-Twilio-Signature on.',
  signature_truncated: 'Pass X-Twilio-Signature on whole and once.',
  signature_encoding: 'Pass X-Twilio-Signature on as it is: standard Base64 with its padding.',
  not_from_twilio:
    'Nothing, if others found your URL; to test, sign the request: `tollgate send`, or signRequest of tollgate/testing.',
}

export function findFix(id: CauseId, _framework: string | undefined): string {
  return fixes[id]
}
