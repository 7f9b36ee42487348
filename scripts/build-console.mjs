/**
 * Bundles the playground into dist/console/: index.html, which the hub serves at a browser's GET /graphql, and its
 * assets, which it serves under /playground/. Everything the page ever asks for is among them (scripts, Monaco's
 * workers, styles, fonts), so that a hub without a way to the Internet has a whole playground.
 *
 * The names of assets carry a hash of their content: they may be cached for ever, index.html never.
 *
 *   node scripts/build-console.mjs
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGE = join(ROOT, 'src/console');
const PUBLIC_PATH = '/playground/';

/** What index.html names, by the placeholder in the template. Workers share chunks with the page, so one build. */
const ENTRY_POINTS = {
  script: 'src/console/playground.tsx',
  styles: 'src/console/playground.css',
  icon: 'src/console/icon.svg',
  editorWorker: 'monaco-editor/esm/vs/editor/editor.worker.js',
  jsonWorker: 'monaco-editor/esm/vs/language/json/json.worker.js',
  graphqlWorker: 'monaco-graphql/esm/graphql.worker.js',
};

/**
 * GraphiQL asks for two of prettier's parsers by their old names, which are UMD scripts: an import() of one of those has
 * no named exports once it is bundled, and the Prettify button would do nothing.
 */
const PRETTIER_AS_MODULES = {
  'prettier/parser-babel': 'prettier/plugins/babel',
  'prettier/parser-graphql': 'prettier/plugins/graphql',
};

/** graphiql/style.css holds Monaco's styles already; the ones that Monaco's modules import would be a second copy. */
const monacoStyles = {
  name: 'monaco-styles',
  setup(build) {
    build.onLoad({ filter: /monaco-editor\/esm\/.*\.css$/ }, () => ({ contents: '', loader: 'empty' }));
  },
};

/**
 * GraphiQL's style sheet carries its fonts inside, for every script of the world. As files of their own the browser
 * loads only those that the text on the page needs, and a content security policy need not allow data: fonts.
 */
const fontFiles = {
  name: 'font-files',
  setup(build) {
    const fonts = new Map();
    build.onLoad({ filter: /graphiql\/dist\/style\.css$/ }, async ({ path }) => {
      const styles = await readFile(path, 'utf8');
      const contents = styles.replace(/url\(data:font\/(\w+);base64,([\w+/=]+)\)/g, (_, type, base64) => {
        const name = `font-${fonts.size + 1}.${type}`;
        fonts.set(name, Buffer.from(base64, 'base64'));
        return `url(font-file:${name})`;
      });
      return { contents, loader: 'css' };
    });
    build.onResolve({ filter: /^font-file:/ }, ({ path }) => ({
      path: path.slice('font-file:'.length),
      namespace: 'font-file',
    }));
    build.onLoad({ filter: /.*/, namespace: 'font-file' }, ({ path }) => ({
      contents: fonts.get(path),
      loader: 'file',
    }));
  },
};

/**
 * Writes the playground and answers what was written.
 *
 * @param {{ outDir?: string }} [options] outDir: default dist/console of this package; it is emptied first, for the
 *   names of an older build would stay beside the new ones
 * @returns {Promise<{ outDir: string, files: { name: string, bytes: number }[] }>}
 */
export async function buildConsole({ outDir = join(ROOT, 'dist/console') } = {}) {
  await rm(outDir, { recursive: true, force: true });
  const { outputFiles, metafile } = await bundle(outDir);
  const html = fillIn(await readFile(join(PAGE, 'index.html'), 'utf8'), addresses(metafile));
  const assets = outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
  const files = [...assets, { name: 'index.html', contents: Buffer.from(html) }];
  const written = [...files, ...(await Promise.all(files.filter(shrinks).map(compressed)))];
  await mkdir(outDir, { recursive: true });
  await Promise.all(written.map(({ name, contents }) => writeFile(join(outDir, name), contents)));
  return { outDir, files: written.map(({ name, contents }) => ({ name, bytes: contents.byteLength })) };
}

/** Fonts are compressed already, and a small file fits one packet either way. */
function shrinks({ name, contents }) {
  return /\.(js|css|ttf)$/.test(name) && contents.byteLength > 1400;
}

/** Compressed once here, at leisure, and not by the hub at every visit: it serves name.gz to whoever accepts gzip. */
async function compressed({ name, contents }) {
  return { name: `${name}.gz`, contents: await promisify(gzip)(contents, { level: 9 }) };
}

function bundle(outDir) {
  return build({
    absWorkingDir: ROOT,
    tsconfig: join(PAGE, 'tsconfig.json'),
    entryPoints: Object.entries(ENTRY_POINTS).map(([out, path]) => ({ in: path, out })),
    outdir: outDir,
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    alias: PRETTIER_AS_MODULES,
    define: { 'process.env.NODE_ENV': '"production"' },
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    publicPath: PUBLIC_PATH,
    loader: { '.svg': 'copy' },
    plugins: [monacoStyles, fontFiles],
    // The licences of what is bundled ask that their notices go along; they lie beside the bundles as text.
    legalComments: 'linked',
    logLevel: 'warning',
  });
}

/** Placeholder → what stands there in the page. */
function addresses(metafile) {
  const outputs = Object.entries(metafile.outputs);
  const found = outputs.flatMap(([path, { entryPoint }]) => {
    const name = Object.keys(ENTRY_POINTS).find((key) => entryPoint?.endsWith(ENTRY_POINTS[key]));
    return name ? [[name, PUBLIC_PATH + basename(path)]] : [];
  });
  return { ...Object.fromEntries(found), preloads: preloads(metafile) };
}

/**
 * GraphiQL imports Monaco when it mounts, and Monaco its chunks when it runs: named in the page, they load at once
 * instead of one after another.
 */
function preloads({ outputs }) {
  const wanted = new Set();
  const want = (path) => {
    if (wanted.has(path) || outputs[path]?.entryPoint?.includes('/prettier/')) return;
    wanted.add(path);
    outputs[path].imports
      .filter(({ kind }) => kind === 'import-statement')
      .forEach((next) => want(next.path));
  };
  const monaco = ['monaco-graphql/esm/monaco-editor.js', 'monaco-graphql/esm/lite.js', ENTRY_POINTS.script];
  for (const [path, { entryPoint }] of Object.entries(outputs)) {
    if (monaco.some((module) => entryPoint?.endsWith(module))) want(path);
  }
  return [...wanted]
    .map((path) => `<link rel="modulepreload" href="${PUBLIC_PATH}${basename(path)}" />`)
    .sort()
    .join('\n    ');
}

/** A placeholder that stays empty is a page that loads and does nothing, so it fails the build instead. */
function fillIn(template, values) {
  return template.replace(/\{\{(\w+)\}\}/g, (_, name) => {
    if (!values[name]) throw new Error(`build-console: nothing to put for {{${name}}} in index.html`);
    return values[name];
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const started = performance.now();
  const { outDir, files } = await buildConsole();
  const megabytes = (part) => (part.reduce((sum, { bytes }) => sum + bytes, 0) / 1024 / 1024).toFixed(1);
  const plain = files.filter(({ name }) => !name.endsWith('.gz'));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${outDir}: ${plain.length} files, ${megabytes(plain)} MB, and compressed copies, ${seconds} s`,
  );
}
