/** The path of Chromium; installed with apt-get where that is possible. Rejects with how to get it otherwise. */
export function findChromium(): Promise<string>
