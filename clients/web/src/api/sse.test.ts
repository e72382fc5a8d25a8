import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ApiError } from './errors';
import { EventStream } from './sse';
import { SseParser } from './sse_parser';

describe('SseParser', () => {
  it('puts events together from any pieces', () => {
    const text = ': hello\n\nid: 7\ndata: {"a":\ndata: 1}\n\nevent: error\ndata: x\r\n\r\n';
    for (const size of [1, 2, 3, 5, text.length]) {
      const parser = new SseParser();
      const events = [];
      for (let i = 0; i < text.length; i += size)
        events.push(...parser.push(text.slice(i, i + size)));
      expect(events, `pieces of ${size}`).toEqual([
        { type: 'message', data: '{"a":\n1}', id: '7' },
        { type: 'error', data: 'x', id: '7' },
      ]);
    }
  });

  it('gives nothing for comments and for events without data', () => {
    expect(new SseParser().push(': heartbeat\n\nid: 3\n\nevent: x\n\n')).toEqual([]);
  });
});

/** A gateway whose answers the test gives. */
class FakeGateway {
  readonly asked: { lastId: string | undefined; signal: AbortSignal }[] = [];
  private answers: Response[] = [];
  readonly fetch = ((_: string, init: RequestInit) => {
    const headers = init.headers as Record<string, string>;
    this.asked.push({ lastId: headers['Last-Event-ID'], signal: init.signal! });
    const answer = this.answers.shift();
    return answer ? Promise.resolve(answer) : new Promise(() => {});
  }) as typeof fetch;

  answer(...answers: Response[]) {
    this.answers.push(...answers);
  }
}

function body(...frames: string[]): Response {
  return new Response(frames.join(''), { headers: { 'Content-Type': 'text/event-stream' } });
}

function hanging(signalOf: () => AbortSignal): Response {
  const stream = new ReadableStream({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode('id: 1\ndata: "a"\n\n'));
      queueMicrotask(() =>
        signalOf().addEventListener('abort', () => controller.error(signalOf().reason)),
      );
    },
  });
  return new Response(stream);
}

describe('EventStream', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const settle = () => vi.advanceTimersByTimeAsync(0);

  function start(gateway: FakeGateway) {
    const got = {
      messages: [] as string[],
      opened: 0,
      down: [] as { error: ApiError; wait: number }[],
    };
    const stream = new EventStream(
      '/watch',
      {
        onOpen: () => ++got.opened,
        onMessage: (data) => got.messages.push(data),
        onDown: (error, wait) => got.down.push({ error, wait }),
      },
      { fetch: gateway.fetch, random: () => 1 },
    );
    return { got, stream };
  }

  it('opens again where it ended, with Last-Event-ID', async () => {
    const gateway = new FakeGateway();
    gateway.answer(
      body('id: 1\ndata: "a"\n\n', 'id: 2\ndata: "b"\n\n'),
      body('id: 1\ndata: "c"\n\n'),
    );
    const { got, stream } = start(gateway);
    await settle();
    expect(got.messages).toEqual(['"a"', '"b"']);
    expect(got.down).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(500);
    expect(got.messages).toEqual(['"a"', '"b"', '"c"']);
    expect(gateway.asked[0]!.lastId).toBeUndefined();
    expect(gateway.asked[1]!.lastId).toBe('2');
    stream.close();
  });

  it('says why it was refused, and waits longer each time', async () => {
    const gateway = new FakeGateway();
    const refusal = () => new Response('{"code":14,"message":"away"}', { status: 503 });
    gateway.answer(refusal(), refusal(), refusal(), refusal(), refusal(), refusal(), refusal());
    const { got, stream } = start(gateway);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(got.down[0]!.error).toMatchObject({ status: 503, code: 'UNAVAILABLE', away: true });
    expect(got.down.map(({ wait }) => wait)).toEqual([500, 1000, 2000, 4000, 8000, 10000, 10000]);
    stream.close();
  });

  it('waits shortly again once it has worked', async () => {
    const gateway = new FakeGateway();
    const refusal = () => new Response('', { status: 503 });
    gateway.answer(refusal(), refusal(), body('id: 1\ndata: 1\n\n'), refusal());
    const { got, stream } = start(gateway);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(got.down.map(({ wait }) => wait)).toEqual([500, 1000, 500, 1000]);
    stream.close();
  });

  it('takes an event named error for the end of the call', async () => {
    const gateway = new FakeGateway();
    gateway.answer(
      body('id: 1\ndata: 1\n\n', 'event: error\ndata: {"code":4,"message":"late"}\n\n'),
    );
    const { got, stream } = start(gateway);
    await settle();
    expect(got.messages).toEqual(['1']);
    expect(got.down[0]!.error.code).toBe('DEADLINE_EXCEEDED');
    stream.close();
  });

  it('gives up a stream without a heartbeat', async () => {
    const gateway = new FakeGateway();
    gateway.answer(hanging(() => gateway.asked[0]!.signal));
    const { got, stream } = start(gateway);
    await vi.advanceTimersByTimeAsync(19_000);
    expect(got.down).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(got.down).toHaveLength(1);
    expect(gateway.asked).toHaveLength(2);
    stream.close();
  });

  it('is silent after it was closed', async () => {
    const gateway = new FakeGateway();
    gateway.answer(hanging(() => gateway.asked[0]!.signal));
    const { got, stream } = start(gateway);
    await settle();
    stream.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(got.down).toHaveLength(0);
    expect(gateway.asked).toHaveLength(1);
    expect(gateway.asked[0]!.signal.aborted).toBe(true);
  });
});
