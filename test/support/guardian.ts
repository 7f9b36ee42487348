import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';

import { ignore } from './ignore.js';

/** Something to end or remove when the test process is gone. */
export type Charge =
  | { kind: 'process'; pid: number; signal: NodeJS.Signals }
  | { kind: 'directory'; path: string }
  | { kind: 'command'; argv: readonly [string, ...string[]] };

/**
 * What the guardian runs. Commands go first, while the servers that they may need still run; directories go
 * last, when nothing writes to them any more.
 */
export const guardScript = `
const { spawnSync } = require('node:child_process');
const { rmSync } = require('node:fs');
const charges = new Map();
let text = '';
const send = (pid, signal) => {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
};
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => {
  const lines = (text + chunk).split('\\n');
  text = lines.pop();
  for (const line of lines) {
    const { id, charge } = JSON.parse(line);
    if (charge) charges.set(id, charge);
    else charges.delete(id);
  }
});
process.stdin.on('end', async () => {
  const of = (kind) => [...charges.values()].filter((charge) => charge.kind === kind);
  for (const { argv } of of('command')) spawnSync(argv[0], argv.slice(1), { stdio: 'ignore', timeout: 10_000 });
  const processes = of('process');
  for (const { pid, signal } of processes) send(pid, signal);
  const deadline = Date.now() + 5_000;
  while (Date.now() < deadline && processes.some(({ pid }) => send(pid, 0))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (const { pid } of processes) send(pid, 'SIGKILL');
  for (const { path } of of('directory')) {
    rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
});
`;

interface Guardian {
  child: ChildProcess;
  charges: number;
}

let guardian: Guardian | undefined;
let lastId = 0;

/**
 * Leaves `charge` to a helper process that acts once this process is gone, however it went: its standard input
 * then ends. A handler of the process's own 'exit' event would not do, as the test runner gives each test file
 * a copy of `process` whose handlers never run, and ends a hanging worker by SIGKILL. The helper ends itself as
 * soon as every charge was released. Returns the function that releases this one.
 */
export function guard(charge: Charge): () => void {
  guardian ??= startGuardian();
  const mine = guardian;
  const id = (lastId += 1);
  tell(mine, { id, charge });
  mine.charges += 1;
  let released = false;
  return () => {
    if (released) return;
    released = true;
    tell(mine, { id });
    mine.charges -= 1;
    if (mine.charges > 0) return;
    mine.child.stdin?.end();
    if (guardian === mine) guardian = undefined;
  };
}

function tell(to: Guardian, message: { id: number; charge?: Charge }): void {
  to.child.stdin?.write(`${JSON.stringify(message)}\n`);
}

function startGuardian(): Guardian {
  const child = spawn(process.execPath, ['-e', guardScript], {
    // Its own session, so that an interrupt from the terminal does not end it together with its charges.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  });
  // A guardian that cannot run costs the clean-up after a crash; it must not fail the tests themselves.
  child.on('error', ignore);
  child.stdin.on('error', ignore);
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  return { child, charges: 0 };
}
