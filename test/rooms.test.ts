import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
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

/** The rooms that each room may import, by the table in docs/architecture.md, sorted. */
function tableOfRooms(): Record<string, string[]> {
  const text = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `src\/(\w+)\/` *\|[^|]*\|([^|]*)\|/gm)];
  return Object.fromEntries(
    rows.map(([, room = '', imports = '']) => [
      room,
      imports
        .replaceAll(/\(\w+\)/g, '')
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && !name.startsWith('nothing'))
        .sort(),
    ]),
  );
}

/** The same, by the rules that are checked. */
function checkedRooms(): Record<string, string[]> {
  const { forbidden } = createRequire(import.meta.url)(join(ROOT, CONFIG)) as {
    forbidden: readonly { readonly name: string; readonly to: { readonly pathNot?: string } }[];
  };
  const ownRooms = forbidden.filter(({ name }) => name.endsWith('-imports') && name !== 'main-imports');
  return Object.fromEntries(
    ownRooms.map(({ name, to }) => {
      const room = name.replace('-imports', '');
      const allowed = /\((.*)\)/.exec(to.pathNot ?? '')?.[1] ?? '';
      return [
        room,
        allowed
          .split('|')
          .filter((one) => one !== room)
          .sort(),
      ];
    }),
  );
}

describe('the rooms', () => {
  it('may import what docs/architecture.md says', () => {
    expect(checkedRooms()).toEqual(tableOfRooms());
  });

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
