/**
 * Finds Chromium, or installs it with apt-get.
 * @returns its path
 * @throws Error that says how to install it, if it cannot be installed
 */
export function findChromium(): Promise<string>
export declare const chromiumArgs: string[]
