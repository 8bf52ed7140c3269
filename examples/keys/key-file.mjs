import { createVerifier } from 'tollgate'
import { fileKeys } from 'tollgate/keys'

const path = process.env.KEY_FILE ?? '/run/secrets/twilio-keys.json'

// #region file
const { authToken, sharedKeys, close } = fileKeys(path)
const verifier = createVerifier({ publicUrl: 'https://api.example.com', authToken, sharedKeys })

// #endregion

export { close, verifier }
