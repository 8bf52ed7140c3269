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
  ListenOptions,
  Route,
  TwilioRoute,
} from './options.ts'
export type { RunHooks } from './run/run-gateway.ts'
export { runGateway } from './run/run-gateway.ts'
export type { Source } from './run/source.ts'
