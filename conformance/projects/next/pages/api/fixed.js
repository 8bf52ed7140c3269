export { default } from './[[...path]].js'

export const config = { api: { bodyParser: false } }
