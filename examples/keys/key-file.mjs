import { createVerifier } from 'tollgate'
import { fileKeys } from 'tollgate/keys'

const { authToken, sharedKeys, close } = fileKeys(process.env.KEY_FILE ?? '/run/secrets/twilio-keys.json')
const verifier = createVerifier({ publicUrl: 'https://api.example.com', authToken, sharedKeys })

export { close, verifier }
