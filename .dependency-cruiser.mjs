// The arrows of the library: adapters -> index -> schemes -> verify -> verdict and checks -> hmac -> bytes, form and
// url. No arrow goes the other way. The signing strings of a scheme need only hmac, bytes, form and url.
const src = '^packages/tollgate/src/'
const hmac = '^#hmac$|^packages/tollgate/(src|dist)/hmac/'
// UTF-8, forms and URLs, which every layer may use.
const ground = `${src}(bytes|form|url)[.]ts$`
// What every layer above what is signed may use.
const shared = `${src}(verdict[.]ts$|checks/)`
const core = 'schemes/(scheme[.]ts$|twilio/(?!webhooks/|row[.]ts$))'
const addOns = `(keys|replay|params|stream|testing|compat|diagnose|requests|adapters)/|(twiml|internal)[.]ts$|(?!${core})schemes/`
const addOnFiles = `${src}(?:${addOns})`
const nodeFamily = '(node|express|fastify|koa|nest|next|lambda|azure|ws|shared/node)'
const mayUseNode = `${src}((hmac|ecdsa)/(node|use-crypto)[.]ts$|adapters/${nodeFamily}[.]ts$|keys/(file|read-files)[.]ts$|testing/node[.]ts$)`
/** @type {import('dependency-cruiser').DependencyType[]} */
const npmPackages = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown']

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const forbidden = [
  {
    name: 'no-cycles',
    comment: 'Modules that need each other are one module. Imports of types count.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'ground-stands-alone',
    severity: 'error',
    from: { path: ground },
    to: { pathNot: ground },
  },
  {
    name: 'hmac-stands-alone',
    comment: 'The innermost layer knows nothing of what is around it.',
    severity: 'error',
    from: { path: `${src}hmac/` },
    to: { path: src, pathNot: `${src}hmac/` },
  },
  {
    name: 'scheme-imports-only-hmac',
    comment: 'What Twilio signs is pure: no I/O, no clock, no configuration.',
    severity: 'error',
    from: { path: `${src}schemes/[^/]+/sign/` },
    to: { pathNot: `${src}schemes/[^/]+/sign/|${ground}|${hmac}` },
  },
  {
    name: 'verify-imports-only-what-is-inside',
    comment: 'The frame knows no scheme.',
    severity: 'error',
    from: { path: `${src}verify/` },
    to: { pathNot: `${src}verify/|${shared}|${ground}|${hmac}` },
  },
  {
    name: 'checks-stand-alone',
    comment: 'Every layer may use them, so they may use none.',
    severity: 'error',
    from: { path: `${src}checks/` },
    to: { pathNot: `${src}checks/` },
  },
  {
    name: 'verdict-imports-no-code',
    comment: 'For the same reason.',
    severity: 'error',
    from: { path: `${src}verdict[.]ts$` },
    to: { dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'core-imports-no-add-on',
    comment: 'Keys, replay and diagnose reach the core as options; nothing else of these reaches it at all.',
    severity: 'error',
    from: { path: src, pathNot: addOnFiles },
    to: { path: addOnFiles },
  },
  {
    name: 'schemes-import-no-test-kit',
    comment: 'A scheme signs its own test requests. The kit puts methods and checks around them.',
    severity: 'error',
    from: { path: `${src}schemes/` },
    to: { path: `${src}testing/` },
  },
  {
    name: 'nothing-inside-imports-index',
    comment: 'The front door is for adapters and add-ons.',
    severity: 'error',
    from: { path: src, pathNot: addOnFiles },
    to: { path: `${src}index[.]ts$` },
  },
  {
    name: 'add-ons-import-no-adapter',
    severity: 'error',
    from: { path: addOnFiles, pathNot: `${src}adapters/` },
    to: { path: `${src}adapters/` },
  },
  {
    name: 'adapters-come-in-through-index',
    comment: 'An adapter translates; every decision is behind the public face.',
    severity: 'error',
    from: { path: `${src}adapters/`, pathNot: `${src}adapters/shared/` },
    to: { path: src, pathNot: `${src}(index[.]ts$|adapters/shared/)` },
  },
  {
    name: 'shared-adapter-code-comes-in-through-index',
    comment:
      'Four things are not public: the path filter, which only middleware has, the reading of addresses, the lines about refused requests, and the tables and checks of options.',
    severity: 'error',
    from: { path: `${src}adapters/shared/` },
    to: {
      path: src,
      pathNot: `${src}(index[.]ts$|adapters/shared/|verify/(paths|public-url|refusal-log)[.]ts$|schemes/twilio/options[.]ts$|checks/)`,
    },
  },
  {
    name: 'adapters-import-frameworks-as-types',
    comment: 'Frameworks are optional peers. Only Nest, whose decorators run, is imported for real.',
    severity: 'error',
    from: { path: `${src}adapters/`, pathNot: `${src}adapters/nest[.]ts$` },
    to: { dependencyTypes: npmPackages, dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'core-has-one-dependency',
    severity: 'error',
    comment: 'The matchers extend the expect of a test runner, which is an optional peer.',
    from: { path: src, pathNot: `${src}(adapters/|testing/(vitest|jest)[.]ts$)` },
    to: { dependencyTypes: npmPackages, pathNot: 'node_modules/@noble/hashes/' },
  },
  {
    name: 'noble-only-in-the-pure-provider',
    severity: 'error',
    from: { path: src, pathNot: `${src}hmac/pure[.]ts$` },
    to: { path: '(^|node_modules/)@noble/hashes' },
  },
  {
    name: 'node-only-where-node-is',
    comment: 'Everything else runs in browsers, Workers, Deno and Bun.',
    severity: 'error',
    from: { path: src, pathNot: mayUseNode },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'hmac-provider-by-condition',
    comment: 'The runtime chooses the provider through #hmac.',
    severity: 'error',
    from: { path: src, pathNot: `${src}hmac/` },
    to: { path: `${src}hmac/(node|pure)[.]ts$`, dependencyTypesNot: ['aliased'] },
  },
  {
    name: 'ecdsa-stands-alone',
    comment: 'It knows nothing of what is around it. The runtime chooses its provider through #ecdsa.',
    severity: 'error',
    from: { path: `${src}ecdsa/` },
    to: { path: src, pathNot: `${src}ecdsa/` },
  },
  {
    name: 'ecdsa-provider-by-condition',
    severity: 'error',
    from: { path: src, pathNot: `${src}ecdsa/` },
    to: { path: `${src}ecdsa/`, dependencyTypesNot: ['aliased'] },
  },
  {
    name: 'shells-use-entry-points',
    comment:
      'The command line, the gateway and the inspector are users of the library like any other. One test compares a reader of theirs with the library.',
    severity: 'error',
    from: { path: '^packages/(calls|cli|codemod|gateway|inspector|schemas)/', pathNot: 'test/one-reader[.]test[.]ts$' },
    to: { path: '^packages/tollgate/(?!dist/)' },
  },
  {
    name: 'library-imports-no-shell',
    severity: 'error',
    from: { path: '^packages/tollgate/' },
    to: { path: '^packages/(?!tollgate/)' },
  },
  {
    name: 'packages-import-no-workshop',
    comment: 'A package is published without the folders around it.',
    severity: 'error',
    from: { path: '^packages/[^/]+/src/' },
    to: { path: '^(benchmarks|conformance|examples|fuzz|site|tools)/' },
  },
  {
    name: 'conformance-uses-what-ships',
    comment: 'Its suites prove the built packages, not their sources.',
    severity: 'error',
    from: { path: '^(conformance|tools/package-test)/' },
    to: { path: '^packages/[^/]+/(src|test)/' },
  },
  {
    name: 'examples-stand-alone',
    comment: 'Users copy one folder. It must run without the others.',
    severity: 'error',
    from: { path: '^examples/([^/]+)/' },
    to: { path: '^(benchmarks|conformance|examples|fuzz|packages|site|tools)/', pathNot: '^examples/$1/' },
  },
  {
    name: 'everything-resolves',
    severity: 'error',
    from: { path: '^packages/[^/]+/src/' },
    to: { couldNotResolve: true, pathNot: '^#(hmac|ecdsa)$' },
  },
]

/** @type {import('dependency-cruiser').IConfiguration} */
const config = {
  forbidden,
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    exclude: { path: '/(dist|[.]build)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.d.ts'],
    },
  },
}

export default config
