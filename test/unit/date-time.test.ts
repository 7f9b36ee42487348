import { formatDateTime, parseDateTime } from '../../src/model/date-time.js';

describe('a date-time', () => {
  it.each<[string, string]>([
    ['2018-01-31T02:18:21.235Z', '2018-01-31T02:18:21.235Z'],
    ['2018-01-31t02:18:21z', '2018-01-31T02:18:21.000Z'],
    ['2018-01-31T02:18:21+05:30', '2018-01-30T20:48:21.000Z'],
    ['2018-01-31T22:18:21-08:00', '2018-02-01T06:18:21.000Z'],
    ['2018-01-31T02:18:21-00:00', '2018-01-31T02:18:21.000Z'],
    ['2018-01-31T02:18:21+23:59', '2018-01-30T02:19:21.000Z'],
    ['2018-01-31T02:18:21.2Z', '2018-01-31T02:18:21.200Z'],
    ['2018-01-31T02:18:21.23Z', '2018-01-31T02:18:21.230Z'],
    ['2018-01-31T02:18:21.2359Z', '2018-01-31T02:18:21.235Z'],
    ['2018-01-31T02:18:21.999999999Z', '2018-01-31T02:18:21.999Z'],
    ['1969-12-31T23:59:59.9999Z', '1969-12-31T23:59:59.999Z'],
    ['2020-02-29T00:00:00Z', '2020-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['0000-02-29T00:00:00Z', '0000-02-29T00:00:00.000Z'],
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
    ['0099-12-31T00:00:00Z', '0099-12-31T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('%s is %s', (text, written) => {
    const ms = parseDateTime(text);
    expect(ms).not.toBeNull();
    expect(formatDateTime(ms ?? 0)).toBe(written);
  });

  it.each<[string, string]>([
    ['without an offset', '2018-01-31T02:18:21'],
    ['without a time', '2018-01-31'],
    ['without seconds', '2018-01-31T02:18Z'],
    ['with a space for the T', '2018-01-31 02:18:21Z'],
    ['on a 29 February of no leap year', '2019-02-29T00:00:00Z'],
    ['on a 29 February of 1900', '1900-02-29T00:00:00Z'],
    ['on a 30 February', '2020-02-30T00:00:00Z'],
    ['on a 31 April', '2020-04-31T00:00:00Z'],
    ['on day 0', '2020-04-00T00:00:00Z'],
    ['on day 32', '2020-01-32T00:00:00Z'],
    ['in month 0', '2020-00-10T00:00:00Z'],
    ['in month 13', '2020-13-10T00:00:00Z'],
    ['at 24 hours', '2020-01-01T24:00:00Z'],
    ['at minute 60', '2020-01-01T00:60:00Z'],
    ['at a leap second', '2016-12-31T23:59:60Z'],
    ['with an offset of 24 hours', '2020-01-01T00:00:00+24:00'],
    ['with an offset of 60 minutes', '2020-01-01T00:00:00+01:60'],
    ['with an offset without colon', '2020-01-01T00:00:00+0100'],
    ['with a point and no fraction', '2020-01-01T00:00:00.Z'],
    ['with ten digits of a fraction', '2020-01-01T00:00:00.1234567890Z'],
    ['with a comma', '2020-01-01T00:00:00,5Z'],
    ['with a year of five digits', '10000-01-01T00:00:00Z'],
    ['with a sign before the year', '-2020-01-01T00:00:00Z'],
    ['before the year 0, by its offset', '0000-01-01T00:00:00+01:00'],
    ['after the year 9999, by its offset', '9999-12-31T23:59:59-01:00'],
    ['with something behind', '2020-01-01T00:00:00Zulu'],
    ['with a line break behind', '2020-01-01T00:00:00Z\n'],
    ['in other digits', '２０２０-01-01T00:00:00Z'],
    ['of nothing', ''],
    ['that is a number', '1517364000000'],
  ])('%s is none', (_what, text) => {
    expect(parseDateTime(text)).toBeNull();
  });
});
