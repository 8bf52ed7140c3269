import { route } from '@react-router/dev/routes'

export default [route('sms', 'routes/sms.js')]
