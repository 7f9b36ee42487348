import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';

import { cached, npmPackage } from './install-cache.js';
import { run } from './run-command.js';

/** A headless Chromium that an npm package ships, compressed. */
const NAME = '@sparticuz/chromium';
const VERSION = '153.0.0';

const decompress = promisify(brotliDecompress);

/** Made for servers without a desktop's libraries, which it brings along. */
export async function sparticuzChromium(): Promise<{ executablePath: string; env: Record<string, string> }> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`${NAME} is not made for ${process.platform}-${process.arch}`);
  }
  const folder = await cached(`chromium-unpacked-${VERSION}`, unpack);
  const executablePath = path.join(folder, 'chromium');
  const env = {
    LD_LIBRARY_PATH: path.join(folder, 'lib'),
    FONTCONFIG_FILE: await fontConfig(folder),
  };
  await run(executablePath, ['--version'], { env });
  return { executablePath, env };
}

/** Its own code would unpack to fixed places that every user and version shares, and wants a later Node. */
async function unpack(folder: string): Promise<void> {
  const bin = path.join(await npmPackage(NAME, VERSION), 'bin');
  await writeFile(path.join(folder, 'chromium'), await decompressed(path.join(bin, 'chromium.br')), {
    mode: 0o755,
  });
  for (const name of ['swiftshader', 'al2023', 'fonts']) {
    const archive = path.join(folder, `${name}.tar`);
    await writeFile(archive, await decompressed(path.join(bin, `${name}.tar.br`)));
    await run('tar', ['-xf', archive, '--no-same-owner', '-C', folder]);
    await rm(archive);
  }
  await mkdir(path.join(folder, 'font-cache'), { recursive: true });
}

async function decompressed(file: string): Promise<Buffer> {
  return decompress(await readFile(file));
}

/** The fonts that it brings, as it may find none on a bare machine and would then draw no text. */
async function fontConfig(folder: string): Promise<string> {
  const file = path.join(folder, 'fonts-here.conf');
  const text = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${path.join(folder, 'fonts')}</dir>
  <cachedir>${path.join(folder, 'font-cache')}</cachedir>
</fontconfig>
`;
  await writeFile(file, text);
  return file;
}
