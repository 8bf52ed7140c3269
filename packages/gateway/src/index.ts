export { readConfiguration } from './config/load.ts'
export { ConfigurationError } from './config/parse.ts'
export type { Configuration } from './config/schema.ts'
export { createGateway, type Gateway } from './gateway.ts'
export type {
  AddressOptions,
  Exchange,
  ForwardAuthOptions,
  GatewayOptions,
  HeaderList,
  LimitOptions,
  RequestLogger,
  Route,
  TwilioRoute,
} from './options.ts'
export { checkConfiguration, type RunHooks, runGateway, type Source } from './run-gateway.ts'
