import type { StartPoint } from '../model/consumer.js';
import type { CursorCodec, MarkedPosition, Point, Position } from '../model/cursor.js';
import { HubError } from '../model/errors.js';
import { asBigint, asText } from '../platform/platform.js';
import type { Database } from '../platform/platform.js';
import { readEnd, readExtentAt } from './head.js';
import type { ExtentAt } from './head.js';
import { positionsParameter, positionsSql } from './parameters.js';
import { placeBefore } from './read.js';

/** What cursors and times come to in one log. */
export class Points {
  constructor(
    readonly database: Database,
    readonly cursors: CursorCodec,
  ) {}

  /** The point at a position that the log has come to. */
  async at(position: Position): Promise<Point> {
    return (await readExtentAt(this.database, position)).there;
  }

  /** The hashes of the changes at these positions, where the log holds them. */
  async hashesAt(positions: readonly Position[]): Promise<ReadonlyMap<Position, string>> {
    const sql = `select position, hash from change where position in (${positionsSql(this.database.dialect, '$1')})`;
    const rows = await this.database.read(sql, [positionsParameter(positions)]);
    return new Map(rows.map((row) => [asBigint(row.position), asText(row.hash)]));
  }

  /**
   * The point that a cursor stands for.
   * @param place the argument, for errors
   * @throws HubError INVALID_CURSOR where the log holds another change there: it was restored, and went on otherwise;
   *   CURSOR_AHEAD where it is beyond the log's end
   */
  async of(cursor: MarkedPosition, place: string): Promise<Point> {
    return (await this.#extentAt(cursor, place)).there;
  }

  /**
   * The same of a cursor that a reader wants to start after.
   * @throws HubError as `of`; CURSOR_EXPIRED where the log no longer holds what comes after it
   */
  async startOf(cursor: MarkedPosition, place: string): Promise<Point> {
    const { earliest, there } = await this.#extentAt(cursor, place);
    if (cursor.position >= earliest - 1n) return there;
    throw new HubError(
      'CURSOR_EXPIRED',
      `${place}: the log no longer reaches back to this cursor; start again with SNAPSHOT.`,
      { path: place, earliest: this.cursors.encode(await this.at(earliest - 1n)) },
    );
  }

  /**
   * Where the changes that were recorded at or after `time` begin, in milliseconds since 1970. Where there is none yet,
   * later ones may still be recorded before it, since clocks of hubs differ and `time` may be in the future: these are for
   * the reader to pass over.
   */
  async startAtTime(time: number): Promise<StartPoint> {
    const { earliest, head, headHash, recordedAt } = await readEnd(this.database);
    if (time > recordedAt) return { position: head, hash: headHash, snapshotUntil: null, notBefore: time };
    const position = await placeBefore(this.database, time, earliest, head);
    return { ...(await this.at(position)), snapshotUntil: null, notBefore: null };
  }

  async #extentAt(cursor: MarkedPosition, place: string): Promise<ExtentAt> {
    const extent = await readExtentAt(this.database, cursor.position);
    if (cursor.position > extent.head) throw cursorAhead(place);
    // Of what is before the log's beginning it does not know the hash.
    if (cursor.position === 0n || cursor.position >= extent.earliest)
      this.cursors.checkMark(cursor, extent.there, place);
    return extent;
  }
}

/** The cursor names a position that does not exist yet. */
const cursorAhead = (place: string): HubError =>
  new HubError('CURSOR_AHEAD', `${place}: is beyond the end of the log; send a cursor that the hub gave.`, {
    path: place,
  });
