/** Tests run the sources through swc, as CommonJS; those that start a hub of their own start the built one. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.[jt]sx?$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022', keepClassNames: true },
        module: { type: 'commonjs', importInterop: 'swc' },
      },
    ],
  },
  // Published as ES modules only, and required by @fastify/static.
  transformIgnorePatterns: ['/node_modules/(?!content-disposition/)'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testTimeout: 30_000,
  // Two suites at once: more would make real databases wait for each other on a small machine.
  maxWorkers: 2,
};
