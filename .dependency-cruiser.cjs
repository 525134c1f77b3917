/**
 * Who may import whom (see the layers in the design), in messages that name what to do instead.
 *
 * Imports of types count too: a type from a forbidden place is a dependency that the next change turns into code.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */
const modules = (...names) => `(^|/)node_modules/(@types/)?(${names.join('|')})/`;

module.exports = {
  forbidden: [
    {
      name: 'no-unresolved',
      comment:
        'The import leads nowhere. Check the path; across rooms use #shared/…, #main/…, #renderer/… or #tests/….',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-cycles',
      comment: 'The files import each other in a circle. Move what both need into a third file that both import.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },

    // shared
    {
      name: 'shared-runs-anywhere',
      comment:
        'src/shared runs in Node and in a window and imports no other room. Move the code there, or pass it in as an argument.',
      severity: 'error',
      from: { path: '^src/shared/' },
      to: { path: '^(src|tests|tools)/', pathNot: '^src/shared/' },
    },
    {
      name: 'shared-without-node',
      comment:
        'src/shared and src/renderer have no Node. Use what the web platform offers (crypto, fetch, URL), or move the code to src/main.',
      severity: 'error',
      from: { path: '^src/(shared|renderer)/', pathNot: '^src/shared/node/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-node-in-a-window',
      comment:
        'src/shared/node needs Node and is for main and the command line. Reach what it knows through the typed client (#shared/client).',
      severity: 'error',
      from: { path: '^src/(shared|renderer|preload)/', pathNot: '^src/shared/node/' },
      to: { path: '^src/shared/node/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'base-stands-alone',
      comment:
        'src/shared/base depends on nothing. What needs the contract or a package belongs into src/shared/contract or src/main.',
      severity: 'error',
      from: { path: '^src/shared/base/' },
      to: { pathNot: '^src/shared/base/' },
    },
    {
      name: 'contract-on-zod-and-base',
      comment:
        'src/shared/contract describes operations with zod and src/shared/base only. Behaviour belongs into src/main or src/shared/client.',
      severity: 'error',
      from: { path: '^src/shared/contract/' },
      to: { pathNot: ['^src/shared/(contract|base)/', modules('zod')] },
    },
    {
      name: 'client-on-the-contract',
      comment:
        'src/shared/client imports src/shared/contract and src/shared/base. Hand it a transport for anything else.',
      severity: 'error',
      from: { path: '^src/shared/client/' },
      to: { pathNot: ['^src/shared/(client|contract|base)/', modules('zod')] },
    },

    // main
    {
      name: 'modules-are-apart',
      comment:
        'A module never imports another. Call it through the typed client (#shared/client), or move what both need to src/main/http, host, database, cache, runtimes or src/shared.',
      severity: 'error',
      from: { path: '^src/main/modules/([^/]+)/' },
      to: { path: '^src/main/modules/', pathNot: '^src/main/modules/$1/' },
    },
    {
      name: 'modules-do-not-know-their-process',
      comment:
        'A module does not know what kind of process it is in. Of the supervisor it imports #main/supervisor/module.ts; what else it needs is handed to it when it starts. Only its *.entry.ts, which is a process, imports #main/supervisor/module-process.ts.',
      severity: 'error',
      from: { path: '^src/main/modules/', pathNot: '\\.entry\\.ts$' },
      to: { path: '^src/main/(desktop|supervisor)/', pathNot: '^src/main/supervisor/module\\.ts$' },
    },
    {
      name: 'entries-are-thin',
      comment:
        'A *.entry.ts hands its module to #main/supervisor/module-process.ts and knows nothing else of the supervisor.',
      severity: 'error',
      from: { path: '^src/main/modules/.*\\.entry\\.ts$' },
      to: { path: '^src/main/(desktop|supervisor)/', pathNot: '^src/main/supervisor/module(-process)?\\.ts$' },
    },
    {
      name: 'modules-are-started-by-path',
      comment:
        'The desktop and the supervisor start modules by the path of their entry. Pass the path as a string; share types through #main/supervisor/module.ts.',
      severity: 'error',
      from: { path: '^src/main/(desktop|supervisor)/' },
      to: { path: '^src/main/modules/' },
    },
    {
      name: 'foundations-look-down',
      comment:
        'runtimes, host, database, cache and http are used by modules and know none of them. Pass what they need as an argument; types of a module are in #main/supervisor/module.ts.',
      severity: 'error',
      from: { path: '^src/main/(runtimes|host|database|cache|http)/' },
      to: { path: '^src/main/(modules|desktop|supervisor)/', pathNot: '^src/main/supervisor/module\\.ts$' },
    },
    {
      name: 'nobody-imports-a-root',
      comment:
        'src/main/index.ts and serve.ts put the parts together and are imported by nobody. Move the shared part into a file of its own.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/main/(index|serve)\\.ts$|\\.entry\\.ts$' },
    },
    {
      name: 'main-stays-in-main',
      comment:
        'src/main imports src/shared and itself. What a window or the command line needs too belongs into src/shared.',
      severity: 'error',
      from: { path: '^src/main/' },
      to: { path: '^(src/(renderer|preload|cli)|tests|tools)/' },
    },
    {
      name: 'electron-in-desktop',
      comment:
        'Only src/main/desktop (and the root src/main/index.ts) imports electron, so that everything else runs without it. Take an interface and let desktop implement it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/main/desktop/|^src/main/index\\.ts$|^src/preload/' },
      to: { path: modules('electron') },
    },
    {
      name: 'dockerode-in-container',
      comment: 'Only src/main/runtimes/container imports dockerode. Use what it exports.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/main/runtimes/container/' },
      to: { path: modules('dockerode', 'docker-modem') },
    },
    {
      name: 'sqlite-in-database',
      comment: 'Only src/main/database imports better-sqlite3. Add a function to the file of the table.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/main/database/' },
      to: { path: modules('better-sqlite3') },
    },
    {
      name: 'systeminformation-in-host',
      comment: 'Only src/main/host imports systeminformation. Use what it exports.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/main/host/' },
      to: { path: modules('systeminformation') },
    },
    {
      name: 'redis-in-cache',
      comment: 'Only src/main/cache imports ioredis and ioredis-mock. Use its narrow interface.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/main/cache/' },
      to: { path: modules('ioredis', 'ioredis-mock') },
    },

    // renderer, preload, cli
    {
      name: 'renderer-on-shared',
      comment: 'src/renderer imports src/shared and itself. What main knows comes through the typed client.',
      severity: 'error',
      from: { path: '^src/renderer/' },
      to: { path: '^(src|tests|tools)/', pathNot: '^src/(renderer|shared)/' },
    },
    {
      name: 'features-are-apart',
      comment:
        'A feature does not import another. Move what both need to src/renderer/components or lib, or put them together in src/renderer/app.',
      severity: 'error',
      from: { path: '^src/renderer/features/([^/]+)/' },
      to: { path: '^src/renderer/features/', pathNot: '^src/renderer/features/$1/' },
    },
    {
      name: 'components-know-no-feature',
      comment:
        'src/renderer/components and lib are used by features and know none. Take what they need as props or arguments.',
      severity: 'error',
      from: { path: '^src/renderer/(components|lib)/' },
      to: { path: '^src/renderer/(features|app)/' },
    },
    {
      name: 'features-do-not-know-the-app',
      comment:
        'src/renderer/app puts features together and is imported by none. Move what they need to components or lib.',
      severity: 'error',
      from: { path: '^src/renderer/features/' },
      to: { path: '^src/renderer/app/' },
    },
    {
      name: 'preload-takes-types',
      comment: 'The preload is one small bridge: it imports electron, and from elsewhere only types (`import type`).',
      severity: 'error',
      from: { path: '^src/preload/' },
      to: { pathNot: ['^src/preload/', modules('electron')], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'cli-on-shared',
      comment:
        'src/cli speaks to CLOS through #shared/client. What it starts, it starts by the path of an entry, as a string.',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: '^(src|tests|tools)/', pathNot: '^src/(cli|shared)/' },
    },

    {
      name: 'installed-with-the-app',
      comment:
        'The package is a devDependency, which a packaged CLOS does not have. Move it to dependencies, or import only its types.',
      severity: 'error',
      from: { path: '^src/(main|cli|shared)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: modules('electron') },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
