const twilio = (await import('twilio')).default
const { default: again } = await import('twilio')

export const check = (...args) => twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN, ...args) && Boolean(again)
