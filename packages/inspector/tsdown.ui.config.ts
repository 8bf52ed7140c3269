import { defineConfig, type UserConfig } from 'tsdown'

/** Builds the page: one script with all its dependencies, and static files. */
const config: UserConfig = defineConfig({
  entry: { main: 'src/ui/main.tsx' },
  format: ['esm'],
  platform: 'browser',
  target: 'es2022',
  outDir: 'dist/ui',
  dts: false,
  minify: true,
  deps: { alwaysBundle: () => true },
  logLevel: 'warn',
  fixedExtension: false,
  copy: ['static/index.html', 'static/style.css', 'static/icon.svg', 'static/licences.txt'],
})

export default config
