import { createLogger } from '../../src/logger/logger.js';

describe('a log line about an error', () => {
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line: string) => lines.push(line) });

  beforeEach(() => lines.splice(0));

  it('holds its message, code, stack and cause, and nothing that a driver hangs on it', () => {
    const cause = new Error('read ECONNRESET');
    const error = Object.assign(new Error('the connection broke', { cause }), {
      code: 'ECONNRESET',
      client: { secretKey: 4_711, connectionParameters: { user: 'hub' } },
    });
    logger.warn({ err: error }, 'a connection to the database broke');
    const { err } = JSON.parse(lines[0] ?? '') as { err: Record<string, string> };
    expect(Object.keys(err).sort()).toEqual(['code', 'message', 'stack', 'type']);
    expect(err).toMatchObject({ type: 'Error', code: 'ECONNRESET' });
    expect(err.message).toMatch(/the connection broke.*read ECONNRESET/);
    expect(lines[0]).not.toMatch(/secretKey|4711|connectionParameters/);
  });

  it('holds whatever else was thrown as it is', () => {
    logger.warn({ err: 'no error at all' }, 'something was thrown');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ err: 'no error at all' });
  });
});
