import { access, constants, readdir, stat } from 'node:fs/promises';
import path from 'node:path';

export async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

export async function firstExecutable(files: Iterable<string>): Promise<string | undefined> {
  for (const file of files) {
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

/** Every place on PATH where a program of one of these names may be, the first name preferred. */
export function placesOnPath(names: readonly string[]): string[] {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
}

/** The entries of a folder as full paths, the highest version number first; none when it does not exist. */
export async function entriesByVersion(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map((name) => path.join(folder, name));
}
