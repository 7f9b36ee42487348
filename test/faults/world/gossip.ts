import { Redis } from 'ioredis';
import { ignore } from '../../support/ignore.js';

const KEPT = 300;
const NAME = 'fault-bench';

/** Listens to what hubs tell each other over Redis, past all links, and says it again, or something else. */
export class Gossip {
  readonly heard: string[] = [];
  readonly #listener: Redis;
  readonly #speaker: Redis;

  constructor(
    url: string,
    /** What hubs of this log listen to. */
    readonly channel: string,
  ) {
    // What is sent while Redis is away must fail, not wait: the fault that sent it may be over by then.
    const options = { enableOfflineQueue: false, maxRetriesPerRequest: 0, connectionName: NAME };
    const retryStrategy = (): number => 100;
    this.#listener = new Redis(url, { ...options, retryStrategy });
    this.#speaker = new Redis(url, { ...options, retryStrategy });
    for (const client of [this.#listener, this.#speaker]) client.on('error', ignore);
    this.#listener.on('ready', () => void this.#listener.subscribe(channel).catch(ignore));
    this.#listener.on('message', (_channel, text) => {
      this.heard.push(text);
      if (this.heard.length > KEPT) this.heard.splice(0, this.heard.length - KEPT);
    });
  }

  /** Says something to all hubs; answers how many heard it, this listener left out. */
  async say(text: string): Promise<number> {
    return Math.max(0, (await this.#speaker.publish(this.channel, text)) - 1);
  }

  /** Cuts the hubs' subscriptions; answers how many. */
  async cutListeners(): Promise<number> {
    const clients = String(await this.#speaker.call('CLIENT', 'LIST', 'TYPE', 'pubsub')).split('\n');
    const ids = clients
      .filter((line) => line !== '' && !line.includes(`name=${NAME}`))
      .flatMap((line) => /\bid=(\d+)/.exec(line)?.[1] ?? []);
    const cut = await Promise.all(ids.map((id) => this.#speaker.client('KILL', 'ID', id)));
    return cut.reduce<number>((sum, one) => sum + Number(one), 0);
  }

  /** Empties Redis; answers how many keys are gone, with one that is set for that. */
  async flush(): Promise<number> {
    await this.#speaker.set('fault-bench:to-be-flushed', '1');
    const before = await this.#speaker.dbsize();
    await this.#speaker.flushall();
    return before - (await this.#speaker.dbsize());
  }

  close(): void {
    this.#listener.disconnect();
    this.#speaker.disconnect();
  }
}
