import type { StartProxy } from './proxy.d.mts'

export const startHaproxy: StartProxy
