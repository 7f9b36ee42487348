import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DEPCRUISE = join(
  createRequire(import.meta.url).resolve('dependency-cruiser/package.json'),
  '../bin/dependency-cruise.mjs',
);

/** The names of the rules that the sources break. */
function brokenRules(): string[] {
  try {
    execFileSync(process.execPath, [DEPCRUISE, '--config', '.dependency-cruiser.cjs', '-T', 'json', 'src'], {
      cwd: ROOT,
      stdio: 'pipe',
      maxBuffer: 64 * 1_024 * 1_024,
    });
    return [];
  } catch (error) {
    const { stdout } = error as { stdout: Buffer };
    const report = JSON.parse(stdout.toString()) as { summary: { violations: { rule: { name: string } }[] } };
    return report.summary.violations.map((violation) => violation.rule.name);
  }
}

describe('the rooms', () => {
  it('import only what the table allows', () => {
    expect(brokenRules()).toEqual([]);
  });

  it('are told of when one reaches where it may not', () => {
    const folder = mkdtempSync(join(ROOT, 'src/utils-'));
    writeFileSync(join(folder, 'helper.ts'), "export { decide } from '../publish/decide.js';\n");
    try {
      expect(brokenRules()).toEqual(expect.arrayContaining(['no-rooms-outside-the-table', 'publish-port']));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
