export * from 'twilio'
export { default } from 'twilio'
