/**
 * Runs the tests: finds or starts PostgreSQL and Redis once, hands them to jest through the environment, and ends what it
 * started. Arguments go to jest. The last line says how many passed and failed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sharedPostgres } from './support/shared-postgres.js';
import { sharedRedis } from './support/shared-redis.js';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly success: boolean;
}

const folder = await mkdtemp(join(tmpdir(), 'tidemark-run-'));
const report = join(folder, 'report.json');
const postgres = await sharedPostgres();
const redis = await sharedRedis();
try {
  const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
  // Services of a suite that failed midway may still be there; they end with the run.
  const output = ['--json', `--outputFile=${report}`, '--forceExit'];
  const run = spawn(process.execPath, [jest, ...process.argv.slice(2), ...output], {
    // With --json jest prints the report to standard output as well; what people read goes to standard error.
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, TEST_DATABASE_URL: postgres.url, TEST_REDIS_URL: redis.url },
  });
  const [code] = (await once(run, 'exit')) as [number | null];
  const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(
    await readFile(report, 'utf8'),
  ) as Report;
  // A suite that did not even start counts as a failure: its tests passed nowhere.
  const failed = Math.max(numFailedTests, numFailedTestSuites);
  process.stdout.write(`${numPassedTests} passed, ${failed} failed\n`);
  process.exitCode = code === 0 && failed === 0 ? 0 : 1;
} finally {
  await redis.dispose();
  await postgres.dispose();
  await rm(folder, { recursive: true, force: true });
}
