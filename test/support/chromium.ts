import { homedir } from 'node:os';
import path from 'node:path';

import { aptInstall, hasApt, isRoot } from './apt.js';
import { sparticuzChromium } from './chromium-npm.js';
import { entriesByVersion, isExecutable, placesOnPath } from './find-executable.js';
import { run } from './run-command.js';

export interface Chromium {
  executablePath: string;
  args: string[];
  /** What it needs in its environment, when its libraries are not where the system looks for them. */
  env?: Record<string, string>;
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC_PLACES = ['Google Chrome', 'Chromium'].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
);

/** Where a build of Playwright's has its program, by platform, the full browser and the headless one. */
const PLAYWRIGHT_PROGRAMS = [
  'chrome-linux/chrome',
  'chrome-linux64/chrome',
  'chrome-linux/headless_shell',
  'chrome-headless-shell-linux64/chrome-headless-shell',
  'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
  'chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
  'chrome-mac-x64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
];

const HELP = 'install Chromium or Google Chrome, or set CHROME_PATH to its program';

/** A browser for tests of the console, with arguments that keep it headless and on this machine. */
export async function findChromium(): Promise<Chromium> {
  const told = process.env.CHROME_PATH;
  if (told !== undefined && told !== '') {
    if (await isExecutable(told)) return chromium(told);
    throw new Error(`CHROME_PATH is ${told}, which is not a program: ${HELP}`);
  }
  const found =
    (await firstWorking([...placesOnPath(NAMES), ...MAC_PLACES, ...(await playwrightPrograms())])) ??
    (await fromApt());
  if (found !== undefined) return chromium(found);
  try {
    const { executablePath, env } = await sparticuzChromium();
    return { ...chromium(executablePath), env };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`no Chromium was found (${HELP}), and none could be had from npm: ${reason}`, { cause });
  }
}

function chromium(executablePath: string): Chromium {
  const args = [
    '--headless',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-dev-shm-usage',
    // Whatever a page asks for, only this machine is reached.
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
  ];
  // Chromium's sandbox does not work for root.
  if (isRoot()) args.push('--no-sandbox');
  return { executablePath, args };
}

/** The first that says its version: on some systems the program is a stub that tells how to install it. */
async function firstWorking(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    if ((await isExecutable(file)) && (await works(file))) return file;
  }
  return undefined;
}

async function works(file: string): Promise<boolean> {
  return run(file, ['--version'], { timeoutMs: 20_000 }).then(
    () => true,
    () => false,
  );
}

async function playwrightPrograms(): Promise<string[]> {
  const caches = [
    process.env.PLAYWRIGHT_BROWSERS_PATH ?? '',
    path.join(homedir(), '.cache', 'ms-playwright'),
    path.join(homedir(), 'Library', 'Caches', 'ms-playwright'),
  ].filter((cache) => path.isAbsolute(cache));
  const builds = (await Promise.all(caches.map(entriesByVersion)))
    .flat()
    .filter((folder) => path.basename(folder).startsWith('chromium'));
  return builds.flatMap((folder) => PLAYWRIGHT_PROGRAMS.map((program) => path.join(folder, program)));
}

/** Installing the browser starts nothing. A system without that package is no error: npm is asked next. */
async function fromApt(): Promise<string | undefined> {
  if (!isRoot() || !(await hasApt())) return undefined;
  try {
    await aptInstall(['chromium']);
  } catch {
    return undefined;
  }
  return firstWorking(placesOnPath(NAMES));
}
