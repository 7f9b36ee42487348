import { decodeEnvelope, encodeEnvelope } from '../../src/signal/announcement.js';
import type { Envelope } from '../../src/signal/announcement.js';
import { rowAt } from '../contract/support/parts.js';

const BIG = 2n ** 53n + 1n;
const LAST = 2n ** 63n - 1n;

const appended = (from: bigint, rows: ReturnType<typeof rowAt>[] | null, to = from): Envelope => ({
  hub: 'hub-1',
  announcement: { kind: 'appended', from, to, rows },
});

describe('an announcement on the wire', () => {
  it.each<[string, Envelope]>([
    ['a consumer', { hub: 'h', announcement: { kind: 'consumer', name: 'ware\nhouse 😀' } }],
    ['a probe', { hub: 'h', announcement: { kind: 'probe' } }],
    ['a range alone', appended(BIG, null, LAST)],
    ['a group with its changes', appended(7n, [rowAt(7n), rowAt(8n, { previous: 7n, headers: '{}' })], 8n)],
    ['positions that no double holds', appended(LAST, [rowAt(LAST, { previous: BIG })])],
  ])('comes back as it went: %s', (_what, envelope) => {
    const text = encodeEnvelope(envelope);
    expect(decodeEnvelope(text)).toEqual(envelope);
  });

  it('writes positions as strings', () => {
    const text = encodeEnvelope(appended(BIG, [rowAt(BIG, { previous: 1n })]));
    expect(text).toContain(`"from":"${BIG}"`);
    expect(text).toContain(`"position":"${BIG}"`);
    expect(text).toContain('"previous":"1"');
  });

  it('leaves the changes of a large group out, and keeps its range', () => {
    const rows = [1n, 2n, 3n].map((position) => rowAt(position, { after: `{"a":"${'x'.repeat(30_000)}"}` }));
    const text = encodeEnvelope(appended(1n, rows, 3n));
    expect(text.length).toBeLessThan(1_000);
    expect(decodeEnvelope(text)).toEqual(appended(1n, null, 3n));
    expect(decodeEnvelope(encodeEnvelope(appended(1n, rows.slice(0, 2), 2n)))).toEqual(
      appended(1n, rows.slice(0, 2), 2n),
    );
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['half of a message', encodeEnvelope(appended(7n, [rowAt(7n)])).slice(0, -5)],
    ['null', 'null'],
    ['a number', '7'],
    ['a list', '[]'],
    ['no version', '{"hub":"h","announcement":{"kind":"probe"}}'],
    ['another version', '{"v":2,"hub":"h","announcement":{"kind":"probe"}}'],
    ['no hub', '{"v":1,"announcement":{"kind":"probe"}}'],
    ['a hub that is no text', '{"v":1,"hub":7,"announcement":{"kind":"probe"}}'],
    ['no announcement', '{"v":1,"hub":"h"}'],
    ['an announcement of null', '{"v":1,"hub":"h","announcement":null}'],
    ['a range without positions', '{"v":1,"hub":"h","announcement":{"kind":"appended","rows":null}}'],
    ['positions that are words', '{"v":1,"hub":"h","announcement":{"kind":"appended","from":"a","to":"b"}}'],
    ['positions with a fraction', '{"v":1,"hub":"h","announcement":{"kind":"appended","from":1.5,"to":2}}'],
    [
      'rows that are no list',
      '{"v":1,"hub":"h","announcement":{"kind":"appended","from":"1","to":"1","rows":7}}',
    ],
    [
      'rows of null',
      '{"v":1,"hub":"h","announcement":{"kind":"appended","from":"1","to":"1","rows":[null]}}',
    ],
    [
      'rows without a position',
      '{"v":1,"hub":"h","announcement":{"kind":"appended","from":"1","to":"1","rows":[{}]}}',
    ],
    ['a kind of a later version', '{"v":1,"hub":"h","announcement":{"kind":"rewound","to":"1"}}'],
    ['a consumer without a name', '{"v":1,"hub":"h","announcement":{"kind":"consumer"}}'],
  ])('is none where the text is or has %s', (_what, text) => {
    expect(decodeEnvelope(text)).toBeNull();
  });
});
