"use strict";
var __importDefault = (this && this.__importDefault) || function (mod) { return (mod && mod.__esModule) ? mod : { "default": mod }; };
const twilio_1 = __importDefault(require("twilio"));
exports.check = (...args) => twilio_1.default.validateRequest(process.env.TWILIO_AUTH_TOKEN, ...args);
