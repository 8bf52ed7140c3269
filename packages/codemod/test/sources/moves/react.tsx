import twilio from 'twilio'

const React = { createElement: (type: string, props: object | null, ...children: unknown[]) => ({ type, props, children }) }
declare global { namespace JSX { interface IntrinsicElements { [name: string]: object } } }

export const Status = ({ ok }: { ok: boolean }) => <p title="twilio.webhook()">twilio.validateRequest says {String(ok)}</p>
export const hash = <b>{twilio.getExpectedBodyHash('{}')}</b>

export const check = <T extends Record<string, string>>(signature: string, url: string, params: T): boolean =>
  Status({ ok: true }).type === 'p' && twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN!, signature, url, params)
