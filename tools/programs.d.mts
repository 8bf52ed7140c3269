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
    | 'chromium-headless-shell'
    | 'curl'
    | 'fish'
    | 'git'
    | 'haproxy'
    | 'jq'
    | 'nginx'
    | 'openssl'
    | 'php-cli'
    | 'promtool'
    | 'python3'
    | 'redis-server'
    | 'ruby-rackup'
    | 'wrk'
    | 'zsh',
): string

/** A row of a table of Debian packages: the names of a program, or a command that finds a library. */
type Wanted = { readonly for: string } & ({ readonly names: readonly string[] } | { readonly test: readonly string[] })

/** What `npm run test:all` needs beside Node.js and npm. */
export const programs: Readonly<Record<string, { readonly names: readonly string[]; readonly for: string }>>

/** The libraries that these programs need. */
export const libraries: Readonly<Record<string, { readonly test: readonly string[]; readonly for: string }>>

/** Installs what is missing, as root and with apt-get. Otherwise it prints the command and returns false. */
export function installPrograms(wanted?: Readonly<Record<string, Wanted>>): boolean
