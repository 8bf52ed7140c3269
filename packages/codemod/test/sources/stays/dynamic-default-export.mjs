export const { default: twilio } = await import('twilio')
export const { default: { validateRequest } } = await import('twilio')
