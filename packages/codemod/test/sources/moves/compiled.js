"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.check = void 0;
const twilio_1 = require("twilio");
const check = (signature, url, params) => (0, twilio_1.validateRequest)(process.env.TWILIO_AUTH_TOKEN, signature, url, params);
exports.check = check;
//# sourceMappingURL=compiled.js.map
