/**
 * The rooms and who may enter which. The table is the one in docs/architecture.md; change both together.
 * `model` has no port: its files are the words that every room shares, and each may be imported by its name.
 */
const ROOMS = {
  publish: ['model', 'log', 'platform'],
  log: ['model', 'platform'],
  signal: ['model', 'platform'],
  feed: ['model', 'log', 'signal'],
  view: ['model'],
  retry: ['model', 'platform', 'ack', 'view'],
  deliver: ['model', 'feed', 'ack', 'retry', 'view'],
  ack: ['model', 'platform'],
  explore: ['model', 'log', 'ack', 'retry', 'view'],
  api: ['model', 'generated', 'publish', 'deliver', 'ack', 'retry', 'explore', 'view'],
  server: ['model', 'config', 'api', 'deliver'],
  model: [],
  config: ['model'],
  logger: [],
  platform: ['model', 'config', 'logger'],
  generated: ['model', 'view'],
  console: [],
};

/** Vendor libraries that are allowed in some rooms only. */
const VENDORS = {
  typeorm: ['log', 'ack', 'retry', 'platform'],
  'better-sqlite3': ['log', 'platform'],
  pg: ['log', 'platform'],
  ioredis: ['signal', 'platform'],
  'graphql-redis-subscriptions': ['signal'],
  pino: ['logger'],
  zod: ['config'],
  fastify: ['server'],
  '@fastify': ['server'],
  '@apollo': ['server'],
  '@as-integrations': ['server'],
  'graphql-ws': ['server', 'console'],
  ws: ['server'],
  'prom-client': ['server'],
  graphql: ['api', 'server', 'generated', 'console'],
  '@graphql-tools': ['api'],
  uuidv7: ['publish'],
  react: ['console'],
  'react-dom': ['console'],
  graphiql: ['console'],
  '@graphiql': ['console'],
};

const names = Object.keys(ROOMS);

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'What imports itself in a circle cannot be read, tested or closed in order. Types count too.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-rooms-outside-the-table',
      comment: 'Every folder in src is a room with a purpose; there is no utils.',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(${names.join('|')})/|^src/(hub|main|verify-log)\\.ts$` },
      to: {},
    },
    ...names.map((room) => ({
      name: `${room}-imports`,
      comment: `src/${room} may import ${ROOMS[room].join(', ') || 'nothing of the house'}.`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(${[room, ...ROOMS[room]].join('|')})/` },
    })),
    ...names
      .filter((room) => !['model', 'generated', 'console'].includes(room))
      .map((room) => ({
        name: `${room}-port`,
        comment: `src/${room} is entered through src/${room}/${room}.ts.`,
        severity: 'error',
        from: { path: '^src/', pathNot: `^src/${room}/` },
        to: { path: `^src/${room}/`, pathNot: `^src/${room}/${room}\\.ts$` },
      })),
    {
      name: 'main-imports',
      comment: 'The start knows the hub, nothing behind it.',
      severity: 'error',
      from: { path: '^src/main\\.ts$' },
      to: { path: '^src/', pathNot: '^src/hub\\.ts$' },
    },
    ...Object.entries(VENDORS).map(([vendor, rooms]) => ({
      name: `vendor-${vendor.replace(/\W/g, '')}`,
      comment: `${vendor} stays in ${rooms.map((room) => `src/${room}`).join(', ')}.`,
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(${rooms.join('|')})/` },
      to: { path: `^node_modules/(@types/)?${vendor}/` },
    })),
    {
      name: 'declared-dependencies',
      comment: 'What the package imports it names in package.json.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/console/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
