// On the Edge runtime, Next adds the segment to the query.
export { POST } from '../route.js'
export const runtime = 'edge'
