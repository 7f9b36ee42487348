import { parseStart } from '../../src/api/start.js';
import { CursorCodec } from '../../src/model/cursor.js';

const cursors = new CursorCodec('51c40a7e-0000-4000-8000-000000000000');

it.each<[Parameters<typeof parseStart>[0], string]>([
  [{ startAt: 'TIME' }, 'input.time: is missing; to: TIME needs it'],
  [{ startAt: 'CURSOR' }, 'input.cursor: is missing; to: CURSOR needs it'],
  [{ startAt: 'LATEST', time: 1 }, 'input.time: is given without to: TIME; add it'],
])('a start that is wrong is refused in the words of the argument: %j', (args, sentence) => {
  expect(() => parseStart(args, cursors, 'input.', 'to')).toThrow(sentence);
});
