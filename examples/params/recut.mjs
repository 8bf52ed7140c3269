import { createVerifier } from 'tollgate'
import { hasWebhookShape } from 'tollgate/params'

export const verifier = createVerifier({ publicUrl: 'https://api.example.com', checkParams: hasWebhookShape })
