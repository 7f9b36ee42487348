import { guardScript } from './guardian.js';
import { ignore } from './ignore.js';
import { spawnProcess } from './process.js';
import { eventually, eventuallyPasses } from './wait.js';

describe('eventually', () => {
  it('gives the first truthy answer, past falsy ones and throws', async () => {
    const answers = [() => 0, () => undefined, () => fail('not yet'), () => 'there'];
    await expect(eventually(() => answers.shift()?.(), { what: 'an answer' })).resolves.toBe('there');
  });

  it('names what it waited for and the last failure, also when the check hangs', async () => {
    const options = { what: 'the moon', timeoutMs: 60 };
    await expect(eventually(() => fail('too far'), options)).rejects.toThrow(/the moon: too far/);
    await expect(eventually(() => new Promise(ignore), options)).rejects.toThrow(/the moon/);
    await expect(eventuallyPasses(() => expect(1).toBe(2), options)).rejects.toThrow(/the moon/);
  });
});

describe('spawnProcess', () => {
  it('waits for output, and tells how the process ended', async () => {
    const script = 'console.log("hello"); setInterval(() => {}, 1000)';
    const child = await spawnProcess(process.execPath, ['-e', script]);
    await child.ready((output) => output.includes('hello'));
    await expect(child.kill('SIGTERM')).resolves.toEqual({ code: null, signal: 'SIGTERM' });
    expect(child.running).toBe(false);
  });

  it('fails at once, with the output, when the process ends instead of becoming ready', async () => {
    const child = await spawnProcess(process.execPath, [
      '-e',
      'console.error("no luck"); process.exitCode = 3',
    ]);
    await expect(child.ready(() => false)).rejects.toThrow(/exit code 3/);
    await child.closed;
    expect(child.output).toContain('no luck');
  });

  it('fails for a program that is not there', async () => {
    await expect(spawnProcess('/no/such/program', [])).rejects.toThrow(/could not be started/);
  });

  it('leaves no process behind when its parent is killed', async () => {
    const orphan = await killedParentsChild();
    await eventually(() => !isThere(orphan), { what: 'the orphan to be ended' });
  });
});

function fail(message: string): never {
  throw new Error(message);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Lets a process of ours start another, as a test process starts a server, and kills it outright. */
async function killedParentsChild(): Promise<number> {
  const script = `
    const { spawn } = require('node:child_process');
    const server = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
    const guardian = spawn(process.execPath, ['-e', ${JSON.stringify(guardScript)}], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    const charge = { kind: 'process', pid: server.pid, signal: 'SIGTERM' };
    guardian.stdin.write(JSON.stringify({ id: 1, charge }) + '\\n', () => console.log('server', server.pid, '.'));
    setInterval(() => {}, 1000);
  `;
  const parent = await spawnProcess(process.execPath, ['-e', script]);
  await parent.ready((output) => output.includes('.'));
  const pid = Number(/server (\d+)/.exec(parent.output)?.[1]);
  expect(isThere(pid)).toBe(true);
  await parent.kill('SIGKILL');
  return pid;
}
