import sdk from 'twilio'
export const { validateRequest } = sdk

export class Hooks {
  static readonly validate: typeof sdk.validateRequest = sdk.validateRequest
  declare token: string
  accessor name = 'twilio'
}

export const check = (signature: string, url: string, params: any) =>
  Hooks.validate(process.env.TWILIO_AUTH_TOKEN!, signature, url, params) && validateRequest(process.env.TWILIO_AUTH_TOKEN!, signature, url, params)
