import express, { type NextFunction, type Request, type Response } from "express";
import { validateRequest } from "twilio";

export function requireTwilio(req: Request, res: Response, next: NextFunction): void {
  const url = `https://${req.headers.host}${req.originalUrl}`;
  const signature = req.header("X-Twilio-Signature") ?? "";
  if (validateRequest(process.env.TWILIO_AUTH_TOKEN ?? "", signature, url, req.body)) return next();
  res.status(403).send("no");
}

export const app = express();
app.use(express.urlencoded({ extended: false }), requireTwilio);
app.post("/sms", (_req, res) => void res.sendStatus(204));
