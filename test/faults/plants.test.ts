import { readFileSync } from 'node:fs';
import { plants } from './plants/plants.js';

const inDist = (file: string): string =>
  readFileSync(new URL(`../../dist/${file}`, `file://${__filename}`), 'utf8');

/** A plant whose text moved away would not be noticed before somebody runs the plants. */
describe('planted bugs', () => {
  test.each(plants.flatMap(({ name, edits }) => edits.map((edit) => [name, edit.file, edit.find] as const)))(
    '%s: the built %s holds its text once',
    (_name, file, find) => {
      expect(inDist(file).split(find)).toHaveLength(2);
    },
  );
});
