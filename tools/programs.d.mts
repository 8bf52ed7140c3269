/**
 * Finds a program that a test needs, by its Debian package. It installs nothing.
 *
 * @returns its path
 * @throws Error that names `npm run programs` if the program is missing
 */
export function requireProgram(
  name:
    | 'apache2-bin'
    | 'bash'
    | 'caddy'
    | 'chromium'
    | 'curl'
    | 'fish'
    | 'git'
    | 'haproxy'
    | 'jq'
    | 'nginx'
    | 'openssl'
    | 'promtool'
    | 'python3'
    | 'redis-server'
    | 'wrk'
    | 'zsh',
): string

/** A list of programs, by Debian package: the names that are looked for, and what needs it. */
type Programs = Readonly<
  Record<string, { readonly names: readonly string[]; readonly for: string; readonly instead?: string }>
>

/** What `npm run test:all` needs beside Node.js and npm. */
export const programs: Programs

/** Installs what is missing, as root and with apt-get. Otherwise it prints the command and returns false. */
export function installPrograms(wanted?: Programs): boolean
