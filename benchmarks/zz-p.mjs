import { Session } from 'node:inspector/promises'
import { createHash } from 'node:crypto'
import { createVerifier, RequestValidator } from 'tollgate'
import { authToken, cycle, makeMessages, publicUrl, url, path, signText, toHeaders } from '/work/wt/h/benchmarks/core/webhooks.mjs'
const next = cycle(makeMessages())
const verifier = createVerifier({ publicUrl, authToken })
const validator = new RequestValidator(authToken)
const data = (i) => ({ specversion:'1.0', type:'com.twilio.messaging.message.delivered', source:`/2010-04-01/Accounts/AC${'a1'.repeat(16)}/Messages/SM${i}`, id:`EZ${String(i).padStart(32,'0')}`, dataschema:'https://events-schemas.twilio.com/Messaging.MessageStatus/3', datacontenttype:'application/json', time:'2026-11-24T10:00:00.000Z', data:{ accountSid:`AC${'a1'.repeat(16)}`, messageSid:`SM${String(i).padStart(32,'0')}`, from:'+14155550142', to:'+12025550123', messageStatus:'delivered', numSegments:'1', timestamp:'2026-11-24T10:00:00Z', messagingServiceSid:null, messageType:'sms', page: 1}})
const events = Array.from({length:64},(_, i)=>{ const body=Buffer.from(JSON.stringify([data(i),data(i+1),data(i+2)])); const query=`?bodySHA256=${createHash('sha256').update(body).digest('hex')}`; return { body, text:url+query, request:{method:'POST',url:path+query,headers:{...toHeaders(body, signText(url+query)),'content-type':'application/json'}, body} } })
const ev = cycle(events)
const works = { form: () => verifier.verify(next().request), forged: () => verifier.verify(next().forgedRequest), json: () => verifier.verify(ev().request), sms: () => { const m = next(); return validator.validate(url, m.params, m.signature) } }
const work = works[process.argv[2]]
for (let i = 0; i < 50000; i++) await work()
const session = new Session(); session.connect()
await session.post('Profiler.enable'); await session.post('Profiler.setSamplingInterval', { interval: 100 }); await session.post('Profiler.start')
for (let i = 0; i < 100000; i++) await work()
const { profile } = await session.post('Profiler.stop')
const self = new Map(); const byId = new Map(profile.nodes.map(n => [n.id, n])); let total = 0
profile.samples.forEach((id, i) => { const d = profile.timeDeltas[i]; const f = byId.get(id).callFrame; total += d; const k = `${f.functionName} ${f.url.split('/').slice(-2).join('/')}:${f.lineNumber + 1}`; self.set(k, (self.get(k) ?? 0) + d) })
console.log((total / 100000).toFixed(2), 'µs')
for (const [k, v] of [...self].sort((x, y) => y[1] - x[1]).slice(0, 26)) console.log((100 * v / total).toFixed(1), k)
