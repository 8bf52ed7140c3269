import { Controller, Header, HttpCode, Module, Post } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { TwilioParams, TwilioWebhook, TwilioWebhookModule } from 'tollgate/nest'
import { twiml } from 'tollgate/twiml'

@Controller()
class SmsController {
  @Post('sms')
  @HttpCode(200)
  @Header('Content-Type', 'text/xml')
  @TwilioWebhook()
  answer(@TwilioParams('Body') text: string | undefined): string {
    return twiml`<Response><Message>You said: ${text}</Message></Response>`
  }
}

const options = { publicUrl: process.env.TOLLGATE_PUBLIC_URL } // the Auth Token comes from TWILIO_AUTH_TOKEN

@Module({ imports: [TwilioWebhookModule.forRoot(options)], controllers: [SmsController] })
class AppModule {}

const app = await NestFactory.create(AppModule, { rawBody: true })

const port = Number(process.env.PORT ?? 3000)
await app.listen(port, '127.0.0.1')
console.log(`Listening on http://127.0.0.1:${port}, known to Twilio as ${options.publicUrl}`)
