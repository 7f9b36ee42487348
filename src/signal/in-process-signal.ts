import { EventEmitter } from 'node:events';
import type { Announcement, Envelope, SignalListener } from './announcement.js';

/** Hubs of one process that share a log hear each other here; the topic is the log's id. */
const bus = new EventEmitter().setMaxListeners(0);

/** The signal without Redis. */
export class InProcessSignal {
  readonly state = 'in-process';
  #heard: ((envelope: Envelope) => void) | null = null;

  constructor(
    readonly hub: string,
    readonly logId: string,
  ) {}

  announce(announcement: Announcement): void {
    bus.emit(this.logId, { hub: this.hub, announcement } satisfies Envelope);
  }

  listen(listener: SignalListener): void {
    this.#heard = ({ hub, announcement }) => {
      if (hub !== this.hub && announcement.kind !== 'probe') listener.onAnnouncement(announcement);
    };
    bus.on(this.logId, this.#heard);
  }

  close(): Promise<void> {
    if (this.#heard) bus.off(this.logId, this.#heard);
    return Promise.resolve();
  }
}
