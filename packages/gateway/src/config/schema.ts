import { type AnyScheme, cachedOptions, replayGuardOptions, schemes, verifierOptions } from 'tollgate/internal'
import * as z from 'zod'
import { addressOptions, authEndpointOptions, gatewayOptions, limitOptions } from '../options.ts'
import { toFields } from './fields.ts'

const hostAndPort = z
  .string()
  .regex(/^(\[[0-9a-f:.]+\]|[^\s:/]+):\d{1,5}$/i, 'must be host:port, such as "127.0.0.1:8080"')
  .transform((text) => {
    const [, host = '', number] = /^(.*):(\d+)$/.exec(text) ?? []
    return { host: host.replace(/^\[|\]$/g, ''), port: Number(number) }
  })
const address = z.union([hostAndPort, z.strictObject(toFields(addressOptions))], {
  error: 'must be host:port, such as "127.0.0.1:8080", { host, port } or { fd }',
})
const variable = z
  .string()
  // An Auth Token that begins with a letter could be a name, and would be in the message that it is
  // not set.
  .regex(/^(?![0-9a-f]{32}$)[A-Za-z_][A-Za-z0-9_]*$/i, 'must be the name of an environment variable, not a secret')
const accountSid = z.string().regex(/^AC[0-9a-fA-F]{32}$/, 'must be "AC" and 32 hex digits')

/** The source of the keys. The configuration itself contains no secret. */
const keys = z
  .strictObject({
    /** Variables with one Auth Token each. Use several during a rotation. */
    env: z.union([variable, z.array(variable).min(1).max(16)]).optional(),
    /** A key file, or a folder of them, for `fileKeys` in tollgate/keys. */
    file: z.string().min(1).optional(),
    /** Twilio's Accounts API. */
    twilio: z
      .strictObject({
        accountSid,
        authTokenEnv: variable.optional(),
        apiKeySid: z
          .string()
          .regex(/^SK[0-9a-fA-F]{32}$/, 'must be "SK" and 32 hex digits')
          .optional(),
        apiKeySecretEnv: variable.optional(),
        ...toFields(cachedOptions),
        knownAccounts: z.array(accountSid).optional(),
        baseUrl: z.string().optional(),
      })
      .optional(),
    allowReadableByOthers: z.boolean().optional(),
  })
  .refine((given) => [given.env, given.file, given.twilio].filter((one) => one !== undefined).length === 1, {
    error: 'needs exactly one of "env", "file" and "twilio"',
  })

/**
 * The source of the keys of a scheme other than Twilio's. Only public keys may stand here
 * themselves.
 */
function listedKeys({ keys: { option, isSecret } }: AnyScheme) {
  const sources = {
    /** Variables with one key each. */
    env: z.union([variable, z.array(variable).min(1).max(16)]).optional(),
    /** Files with one key each. */
    file: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(16)]).optional(),
  }
  const given = z.union([z.string(), z.array(z.string()).min(1)]).optional()
  const all: z.core.$ZodLooseShape = isSecret ? sources : { ...sources, [option]: given }
  const names = Object.keys(all).map((name) => `"${name}"`)
  return z.strictObject(all).refine((one) => Object.keys(one).length === 1, {
    error: `needs exactly one of ${names.join(', ').replace(/, (?=[^,]*$)/, ' and ')}`,
  })
}

const replay = z
  .strictObject({
    /** `memory` is the memory of this process. */
    store: z.enum(['memory', 'redis']),
    /** The variable with the URL of Redis. The URL can contain a password. */
    redisUrlEnv: variable.optional(),
    redisUrl: z
      .string()
      .regex(
        /^rediss?(\+cluster|\+sentinel)?:\/\/[^@]+$/,
        'must be redis://host:port without a password; give one with "redisUrlEnv"',
      )
      .optional(),
    ...toFields(replayGuardOptions),
  })
  .refine(
    ({ store, redisUrl, redisUrlEnv }) =>
      [redisUrl, redisUrlEnv].filter((one) => one !== undefined).length === (store === 'redis' ? 1 : 0),
    { error: 'needs "redisUrlEnv" or "redisUrl", not both, with the store "redis", and neither with "memory"' },
  )

const verifierFields = {
  ...toFields(verifierOptions),
  publicUrl: z.union([z.string(), z.array(z.string()).min(1)], { error: 'must be a URL, or a list of URLs' }),
  keys: keys.optional(),
  methods: z
    .array(z.enum(['GET', 'POST', 'PUT']))
    .min(1)
    .optional(),
  allowedAccounts: z.union([accountSid, z.array(accountSid).min(1)]).optional(),
  maxBodyBytes: z.int().min(1, 'must be at least 1: 0 would refuse every body').optional(),
}

const routeFields = {
  host: z.string().optional(),
  path: z.string().default('/'),
  upstream: z.string(),
  /** `false` turns the replay guard off for this route. */
  replay: z.literal(false).optional(),
}

const [{ name: defaultScheme }, ...otherSchemes] = schemes

/**
 * The fields of a scheme other than Twilio's: those options of its verifier that a file can have.
 */
function listFields(scheme: AnyScheme) {
  return {
    ...(toFields(scheme.options) as z.core.$ZodLooseShape),
    scheme: z.literal(scheme.name),
    keys: listedKeys(scheme).optional(),
    maxBodyBytes: verifierFields.maxBodyBytes,
  }
}

/** An object for each scheme, with the fields of its place and those of its verifier. */
function oneOfSchemes<Place extends z.core.$ZodLooseShape, Twilio extends z.core.$ZodLooseShape>(
  fields: Place,
  twilioFields: Twilio,
) {
  return z.discriminatedUnion(
    'scheme',
    [
      z.strictObject({ scheme: z.literal(defaultScheme).optional(), ...fields, ...twilioFields }),
      ...otherSchemes.map((scheme) => z.strictObject({ ...fields, ...listFields(scheme) })),
    ],
    {
      // The default message is right for a route that is not an object.
      error: ({ code }) =>
        code === 'invalid_union' ? `must be ${schemes.map(({ name }) => name).join(' or ')}` : undefined,
    },
  )
}

const authFields = {
  /** `false` turns the replay guard off for forward-auth. */
  replay: z.literal(false).optional(),
  listen: address.optional(),
  ...toFields(authEndpointOptions),
}

const { mode: _, ...authVerifierFields } = verifierFields

/** The schema of the configuration file. docs/gateway.md describes the options. */
export const configurationSchema = z.strictObject({
  listen: address.optional(),
  admin: z.union([z.literal(false), address], { error: 'must be host:port, or false' }).optional(),
  timeoutMs: toFields(gatewayOptions).timeoutMs,
  /** How long a stop waits for requests that have begun. */
  graceMs: z.int().min(0).max(86_400_000).default(15_000),
  log: z.enum(['silent', 'info']).default('info'),
  diagnose: toFields(gatewayOptions).diagnose,
  limits: z.strictObject(toFields(limitOptions)).optional(),
  keys: keys.optional(),
  replay: replay.optional(),
  forwardAuth: oneOfSchemes(authFields, authVerifierFields).optional(),
  routes: z.array(oneOfSchemes(routeFields, { ...verifierFields, webSocket: z.boolean().optional() })).default([]),
})

/** A configuration that matches the schema. */
export type Configuration = z.output<typeof configurationSchema>
/** The option `keys`. */
export type KeysConfiguration = z.output<typeof keys>
/**
 * The option `keys` of a route of another scheme. The key option itself is there if it is not
 * secret.
 */
export type ListedKeysConfiguration = z.output<ReturnType<typeof listedKeys>> & {
  readonly env?: string | string[] | undefined
  readonly file?: string | string[] | undefined
}
/** The option `replay`. */
export type ReplayConfiguration = z.output<typeof replay>
