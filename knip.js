import { entries, internalEntries } from './packages/tollgate/entries.js'

/** @type {import('knip').KnipConfig} */
export default {
  // Declarations need the names of types that no other file imports.
  ignoreExportsUsedInFile: { interface: true, type: true },
  workspaces: {
    '.': { project: ['*.{ts,mjs,js}'] },
    'packages/tollgate': {
      entry: [...Object.values(entries), ...Object.values(internalEntries), 'test/**/*.test.ts'],
      project: ['src/**/*.ts', 'test/**/*.ts', '*.{ts,js}'],
    },
    conformance: { entry: ['**/*.test.ts'], project: ['**/*.ts'] },
    'examples/*': { entry: ['*.mjs'], project: ['*.mjs'] },
    tools: {
      entry: ['*.mjs', 'test/*.test.ts', 'package-test/*.test.ts'],
      project: ['**/*.{mjs,ts}'],
      // Measured, not imported.
      ignoreDependencies: ['twilio'],
    },
  },
}
