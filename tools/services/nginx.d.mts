import type { StartProxy } from './proxy.d.mts'

export const startNginx: StartProxy
