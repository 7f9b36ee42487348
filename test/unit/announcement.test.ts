import { decodeEnvelope, encodeEnvelope } from '../../src/signal/announcement.js';
import type { Envelope } from '../../src/signal/announcement.js';

const BIG = 2n ** 53n + 1n;
const LAST = 2n ** 63n - 1n;

const appended = (to: bigint): Envelope => ({ hub: 'hub-1', announcement: { kind: 'appended', to } });
const written = (announcement: string): string => `{"v":2,"hub":"h","announcement":${announcement}}`;

describe('an announcement on the wire', () => {
  it.each<[string, Envelope]>([
    ['a consumer', { hub: 'h', announcement: { kind: 'consumer', name: 'ware\nhouse 😀' } }],
    ['a probe', { hub: 'h', announcement: { kind: 'probe' } }],
    ['an operator action', { hub: 'h', announcement: { kind: 'action' } }],
    ['a position', appended(7n)],
    ['a position that no double holds', appended(BIG)],
    ['the last position', appended(LAST)],
  ])('comes back as it went: %s', (_what, envelope) => {
    const text = encodeEnvelope(envelope);
    expect(decodeEnvelope(text)).toEqual(envelope);
  });

  it('writes positions as strings', () => {
    expect(encodeEnvelope(appended(BIG))).toContain(`"to":"${BIG}"`);
  });

  it('hands on nothing but what it knows, whatever else the text holds', () => {
    const text = written('{"kind":"appended","to":"7","from":"1","rows":[{"position":"7"}]}');
    expect(decodeEnvelope(text)).toEqual({ hub: 'h', announcement: { kind: 'appended', to: 7n } });
    expect(decodeEnvelope(written('{"kind":"action","number":"9"}'))).toEqual({
      hub: 'h',
      announcement: { kind: 'action' },
    });
  });

  // What a case below holds is all that is wrong with it.
  it('reads the text that the malformed ones are made of', () => {
    expect(decodeEnvelope(written('{"kind":"probe"}'))).not.toBeNull();
    expect(decodeEnvelope(written('{"kind":"appended","to":"1"}'))).not.toBeNull();
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['half of a message', encodeEnvelope(appended(7n)).slice(0, -5)],
    ['null', 'null'],
    ['a number', '7'],
    ['a list', '[]'],
    ['no version', '{"hub":"h","announcement":{"kind":"probe"}}'],
    ['an older version', '{"v":1,"hub":"h","announcement":{"kind":"probe"}}'],
    ['a later version', '{"v":3,"hub":"h","announcement":{"kind":"probe"}}'],
    ['no hub', '{"v":2,"announcement":{"kind":"probe"}}'],
    ['a hub that is no text', '{"v":2,"hub":7,"announcement":{"kind":"probe"}}'],
    ['no announcement', '{"v":2,"hub":"h"}'],
    ['an announcement of null', written('null')],
    ['an append without a position', written('{"kind":"appended"}')],
    ['a position that is a word', written('{"kind":"appended","to":"b"}')],
    ['a position with a fraction', written('{"kind":"appended","to":1.5}')],
    ['a position of null', written('{"kind":"appended","to":null}')],
    ['a position that is an object', written('{"kind":"appended","to":{}}')],
    ['a kind of a later version', written('{"kind":"rewound","to":"1"}')],
    ['a consumer without a name', written('{"kind":"consumer"}')],
    ['a consumer whose name is no text', written('{"kind":"consumer","name":7}')],
  ])('is none where the text is or has %s', (_what, text) => {
    expect(decodeEnvelope(text)).toBeNull();
  });
});
