import { ApiError, asApiError, errorOf, unreachable } from './errors';
import { SseParser } from './sse_parser';

export interface StreamHandlers {
  onOpen(): void;
  onMessage(data: string, id: string): void;
  /** The stream broke or could not be opened; it is tried again after `retryMs`. */
  onDown(error: ApiError, retryMs: number): void;
}

export interface StreamOptions {
  fetch: typeof fetch;
  /** The gateway's heartbeat comes every 15 s: a stream that is silent for longer is dead. */
  silenceMs: number;
  firstRetryMs: number;
  lastRetryMs: number;
  random: () => number;
}

const DEFAULTS: StreamOptions = {
  fetch: (...args) => fetch(...args),
  silenceMs: 20_000,
  firstRetryMs: 500,
  lastRetryMs: 10_000,
  random: Math.random,
};

/**
 * A stream of Server-Sent Events that is opened again whenever it ends, with Last-Event-ID, until it
 * is closed. By fetch and not EventSource, because that hides the status of a refusal and gives up
 * on one. Retries back off, half of each wait is random.
 */
export class EventStream {
  private readonly options: StreamOptions;
  private lastId = '';
  private retries = 0;
  private closed = false;
  private abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly handlers: StreamHandlers,
    options: Partial<StreamOptions> = {},
  ) {
    this.options = { ...DEFAULTS, ...options };
    void this.run();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.abort.abort();
  }

  private async run(): Promise<void> {
    let error: ApiError;
    this.abort = new AbortController();
    try {
      await this.read();
      error = unreachable('the stream ended');
    } catch (thrown) {
      error = asApiError(thrown);
    }
    clearTimeout(this.timer);
    if (this.closed) return;
    const wait = this.nextWait();
    this.handlers.onDown(error, wait);
    this.timer = setTimeout(() => void this.run(), wait);
  }

  private nextWait(): number {
    const { firstRetryMs, lastRetryMs, random } = this.options;
    const ceiling = Math.min(lastRetryMs, firstRetryMs * 2 ** this.retries++);
    return ceiling / 2 + (random() * ceiling) / 2;
  }

  private watch(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.abort.abort(new Error('silence')), this.options.silenceMs);
  }

  private async read(): Promise<void> {
    const headers: Record<string, string> = { Accept: 'text/event-stream' };
    if (this.lastId) headers['Last-Event-ID'] = this.lastId;
    this.watch();
    const signal = this.abort.signal;
    const response = await this.options.fetch(this.url, { headers, signal, cache: 'no-store' });
    if (!response.ok) throw await errorOf(response);
    if (!response.body) throw unreachable('no body');
    this.handlers.onOpen();
    const parser = new SseParser();
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.closed) return;
      this.watch();
      for (const event of parser.push(decoder.decode(value, { stream: true }))) {
        // The gateway names its last event so when the call failed.
        if (event.type === 'error') throw new ApiError(200, JSON.parse(event.data));
        this.lastId = event.id;
        this.retries = 0;
        this.handlers.onMessage(event.data, event.id);
      }
    }
  }
}
