import { ruledOut, type Suspect } from './suspect.ts'

export const urlSuspects: readonly Suspect[] = [
  ({ subject: { state, evidence }, rejection }) => {
    const isLocal = /^(localhost|127\.|10\.|192\.168\.|\[::1\])|^[^.]+$|\.(local|internal)$/i.test(state.url.host)
    if (rejection.code === 'url_not_allowed')
      return {
        id: 'host',
        score: 92,
        detail: `The host of the request, "${state.url.host}", is not one that the options allow.`,
      }
    return isLocal
      ? { id: 'host', score: 68, detail: `This server checks the host "${state.url.host}", which Twilio cannot reach.` }
      : evidence.proxied
        ? {
            id: 'host',
            score: 36,
            detail: `The request came through a proxy, and this server checks the host "${state.url.host}". ${ruledOut}`,
          }
        : undefined
  },
  ({ subject: { evidence, state }, tried }) =>
    evidence.proxied && tried > 0
      ? {
          id: 'path_prefix',
          score: 38,
          detail: `The request came through a proxy, which may have changed the path ${state.url.path}. ${ruledOut}`,
        }
      : undefined,
]
