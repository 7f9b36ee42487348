import { checkKey, checkName } from '../../src/model/names.js';
import { limitsWith, thrownBy } from '../contract/support/parts.js';

const limits = limitsWith({ nameLength: 10, keyLength: 12 });

describe('a name or key from outside', () => {
  it.each(['a', 'quakes', 'größe', '日本', '😀', 'two words', 'a/b', '__proto__', "it's", '1'])(
    'may be %j',
    (text) => {
      expect(checkName(text, 'source', limits)).toBe(text);
      expect(checkKey(text, 'key', limits)).toBe(text);
    },
  );

  it.each<[string, string, RegExp]>([
    ['empty', '', /is empty/],
    ['white space alone', ' \u00a0 ', /is empty/],
    ['a NUL', 'a\0b', /U\+0000/],
    ['a line break', 'a\nb', /control character/],
    ['a tab', 'a\tb', /control character/],
    ['DEL', 'a\u007fb', /control character/],
    ['a C1 control', 'a\u0085b', /control character/],
    ['a line separator', 'a\u2028b', /control character/],
    ['a byte order mark within', 'a\ufeffb', /control character/],
    ['half of a surrogate pair', 'a\ud83d', /surrogate/],
    ['too long', 'x'.repeat(13), /has 13 characters; 1[02] are allowed/],
  ])('is refused where it is or holds %s, with its place', (_what, text, sentence) => {
    for (const check of [checkName, checkKey]) {
      const error = thrownBy(() => check(text, 'changes[3].key', limits));
      expect(error).toMatchObject({ code: 'BAD_USER_INPUT', details: { path: 'changes[3].key' } });
      expect(error.message).toMatch(/^changes\[3\]\.key: /);
      expect(error.message).toMatch(sentence);
    }
  });

  it('may be as long as the limit, and names are shorter than keys', () => {
    expect(checkName('x'.repeat(10), 'name', limits)).toHaveLength(10);
    expect(checkKey('x'.repeat(12), 'key', limits)).toHaveLength(12);
    expect(thrownBy(() => checkName('x'.repeat(11), 'name', limits)).message).toContain('10 are allowed');
  });

  it.each([' a', 'a ', '\u00a0a', 'a\u3000'])('as a name has no white space around it: %j', (text) => {
    expect(thrownBy(() => checkName(text, 'source', limits)).message).toMatch(/white space/);
    expect(checkKey(text, 'key', limits)).toBe(text);
  });

  it('as a name matches the pattern of the hub', () => {
    const strict = limitsWith({ namePattern: /^[a-z]+$/u });
    expect(checkName('quakes', 'collection', strict)).toBe('quakes');
    expect(thrownBy(() => checkName('Quakes', 'collection', strict)).message).toContain('^[a-z]+$');
    expect(checkKey('Q1', 'key', strict)).toBe('Q1');
  });
});
