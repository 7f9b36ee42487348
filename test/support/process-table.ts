import { readdir, readFile } from 'node:fs/promises';

import { run } from './run-command.js';

interface Row {
  pid: number;
  parent: number;
  /** R, S, D, T, Z … as the system tells it. */
  state: string;
}

/** The processes whose parent is `pid`. */
export async function childrenOf(pid: number): Promise<number[]> {
  return (await processTable()).filter((row) => row.parent === pid).map((row) => row.pid);
}

/** Those of `pids` that still run. One that ended but that its new parent has not reaped yet does not run. */
export async function stillRunning(pids: readonly number[]): Promise<number[]> {
  const rows = await processTable();
  return rows.filter((row) => pids.includes(row.pid) && !row.state.startsWith('Z')).map((row) => row.pid);
}

/** Whether a process stands still by SIGSTOP. */
export async function isHalted(pid: number): Promise<boolean> {
  return (await processTable()).some((row) => row.pid === pid && row.state.startsWith('T'));
}

/** From /proc where there is one: slim Linux images come without `ps`. */
async function processTable(): Promise<Row[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  if (pids.length === 0) return tableFromPs();
  const rows = await Promise.all(pids.map(rowFromProc));
  return rows.filter((row) => row !== undefined);
}

async function rowFromProc(pid: string): Promise<Row | undefined> {
  // A process may end between the listing and this look.
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The command's name stands in brackets and may hold blanks and brackets itself.
  const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  if (state === undefined || parent === undefined) return undefined;
  return { pid: Number(pid), parent: Number(parent), state };
}

async function tableFromPs(): Promise<Row[]> {
  const text = await run('ps', ['-A', '-o', 'pid=,ppid=,stat=']);
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([pid, parent, state]) => ({ pid: Number(pid), parent: Number(parent), state: state ?? '' }));
}
