import type { StartProxy } from './proxy.d.mts'

export const startApache: StartProxy
