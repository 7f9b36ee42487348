import { createHash } from 'node:crypto';
import { GENESIS_HASH, hashOf, payloadDigestOf, seal } from '../../src/log/chain.js';
import type { ChangeRow } from '../../src/model/change.js';
import { rowAt } from '../contract/support/parts.js';

/** The canonical form as docs/architecture.md defines it, written down without the program's own means. */
const int = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};
const text = (value: string | null): Buffer => {
  if (value === null) return Buffer.from('ffffffff', 'hex');
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const sha256 = (...parts: Buffer[]): string =>
  createHash('sha256').update(Buffer.concat(parts)).digest('base64url');

const payloadDigest = ({ salt, after, undo, headers, digest }: ChangeRow): string =>
  sha256(...[salt, after, undo, headers, digest].map(text));
const hash = (row: ChangeRow, before: string): string =>
  sha256(
    Buffer.from(before, 'base64url'),
    ...[row.position, row.previous ?? 0n, row.version, row.occurredAt, row.recordedAt].map((n) =>
      int(BigInt(n)),
    ),
    ...[row.sourceId, row.source, row.collection, row.key, row.operation].map(text),
    Buffer.from(row.payloadDigest, 'base64url'),
  );

const CHANGES: readonly [string, Partial<ChangeRow>][] = [
  ['a create', {}],
  ['a delete', { operation: 'DELETE', previous: 3n, version: 9, after: null, undo: '{"a":[1]}' }],
  [
    'text beyond ASCII',
    { key: 'Zürich 😀', sourceId: '', collection: '"', after: '{"ä":"😀\\n"}', headers: '{}' },
  ],
  ['times before 1970', { occurredAt: -62_167_219_200_000, recordedAt: 253_402_300_799_999 }],
  [
    'content that outgrows the buffer',
    { after: `{"a":"${'ü'.repeat(300_000)}"}`, undo: `{"a":["${'x'.repeat(9_000)}"]}` },
  ],
];

describe('the chain of hashes', () => {
  it.each(CHANGES)('hashes %s as the documentation says', (_what, parts) => {
    const first = seal(rowAt(1n, parts), GENESIS_HASH);
    const second = seal(rowAt(2n, parts), first.hash);
    expect([first.payloadDigest, first.hash]).toEqual([payloadDigest(first), hash(first, 'A'.repeat(43))]);
    expect([second.payloadDigest, second.hash]).toEqual([payloadDigest(second), hash(second, first.hash)]);
    expect([payloadDigestOf(second), hashOf(second, first.hash)]).toEqual([
      second.payloadDigest,
      second.hash,
    ]);
  });

  it('gives every change a salt of its own, so that equal contents have different digests', () => {
    const sealed = Array.from({ length: 1_000 }, () => seal(rowAt(1n), GENESIS_HASH));
    expect(new Set(sealed.map(({ salt }) => salt)).size).toBe(1_000);
    expect(new Set(sealed.map(({ payloadDigest }) => payloadDigest)).size).toBe(1_000);
    for (const { salt } of sealed) expect(Buffer.from(salt, 'base64url')).toHaveLength(16);
  });

  it.each<[keyof ChangeRow, unknown]>([
    ['position', 2n],
    ['previous', 1n],
    ['version', 2],
    ['occurredAt', 1],
    ['recordedAt', 1],
    ['sourceId', 'x'],
    ['source', 'x'],
    ['collection', 'x'],
    ['key', 'x'],
    ['operation', 'UPDATE'],
    ['payloadDigest', GENESIS_HASH],
  ])('depends on %s', (field, value) => {
    const row = seal(rowAt(1n), GENESIS_HASH);
    expect(hashOf({ ...row, [field]: value }, GENESIS_HASH)).not.toBe(row.hash);
  });

  it.each<[string, Partial<ChangeRow>]>([
    ['salt', { salt: 'x' }],
    ['after', { after: '{}' }],
    ['an after that is gone', { after: null }],
    ['undo', { undo: '{}' }],
    ['headers', { headers: '{}' }],
    ['the digest that tells repeats', { digest: 'x' }],
    ['content that moved to another column', { after: null, undo: '{"a":1}' }],
  ])('has a digest of the payload that depends on %s', (_what, parts) => {
    const row = seal(rowAt(1n), GENESIS_HASH);
    expect(payloadDigestOf({ ...row, ...parts })).not.toBe(row.payloadDigest);
  });

  it('tells texts apart that are cut in different places', () => {
    const [one, other] = [
      rowAt(1n, { sourceId: 'ab', source: 'c' }),
      rowAt(1n, { sourceId: 'a', source: 'bc' }),
    ];
    expect(hashOf(one, GENESIS_HASH)).not.toBe(hashOf(other, GENESIS_HASH));
  });
});
