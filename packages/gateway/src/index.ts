export { createGateway, type Gateway } from './gateway.ts'
export type {
  AddressOptions,
  Exchange,
  GatewayOptions,
  HeaderList,
  LimitOptions,
  ListenOptions,
  Route,
} from './options.ts'
