import { vi } from 'vitest'
import twilio from 'twilio'

vi.mock('twilio')
vi.mocked(twilio.validateRequest).mockReturnValue(true)
export const check = () => twilio.validateRequest('', '', '', {})
