import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DEPCRUISE = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const CONFIG = '.dependency-cruiser.cjs';

/** The names of the rules that the sources in `folder` break. */
function brokenRules(folder: string): string[] {
  const output = execFileSync(process.execPath, [DEPCRUISE, '--config', CONFIG, '-T', 'json', 'src'], {
    cwd: folder,
    maxBuffer: 64 * 1_024 * 1_024,
  });
  const report = JSON.parse(output.toString()) as {
    summary: { violations: { rule: { name: string } }[] };
  };
  return report.summary.violations.map((violation) => violation.rule.name);
}

describe('the rooms', () => {
  it('import only what the table allows', () => {
    expect(brokenRules(ROOT)).toEqual([]);
  });

  it('are told of when one reaches where it may not', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-rooms-'));
    try {
      for (const name of ['src', CONFIG, 'tsconfig.json']) {
        cpSync(join(ROOT, name), join(folder, name), { recursive: true });
      }
      mkdirSync(join(folder, 'src/utils'));
      writeFileSync(join(folder, 'src/utils/helper.ts'), "export { decide } from '../publish/decide.js';\n");
      expect(brokenRules(folder)).toEqual(
        expect.arrayContaining(['no-rooms-outside-the-table', 'publish-port']),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
