export { GET, POST } from '../[[...path]]/route.js'
