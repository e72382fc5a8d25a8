import { describe, expect, it } from 'vitest';
import { parseMetrics } from './prometheus';
import { type Look, addLook, lookAt, serviceOf, trafficBetween } from './traffic';

const RPC = 'trellis.order.v1.OrderService/GetOrder';

function metrics(ok: number, failed: number, quick: number): string {
  return [
    `trellis_http_requests_total{rpc="${RPC}",status="2xx"} ${ok}`,
    `trellis_http_requests_total{rpc="${RPC}",status="5xx"} ${failed}`,
    `trellis_http_duration_seconds_bucket{rpc="${RPC}",le="0.001"} ${quick}`,
    `trellis_http_duration_seconds_bucket{rpc="${RPC}",le="0.01"} ${ok + failed}`,
    `trellis_http_duration_seconds_bucket{rpc="${RPC}",le="+Inf"} ${ok + failed}`,
    `trellis_http_duration_seconds_sum{rpc="${RPC}"} ${ok / 1000}`,
    'trellis_gateway_upstream_connected{service="trellis.order.v1.OrderService"} 1',
  ].join('\n');
}

function look(text: string, at: number): Look {
  return lookAt(parseMetrics(text), at);
}

describe('traffic', () => {
  it('is what came between two looks', () => {
    const before = look(metrics(100, 0, 100), 0);
    const now = look(metrics(118, 2, 100), 10_000);
    const traffic = trafficBetween(before, now, () => true);
    expect(traffic.requests).toBe(20);
    expect(traffic.rate).toBe(2);
    expect(traffic.serverErrors).toBeCloseTo(0.1);
    expect(traffic.p50).toBeCloseTo(0.0055);
    expect(traffic.mean).toBeCloseTo(0.0009);
    expect(now.connected.get('trellis.order.v1.OrderService')).toBe(true);
  });

  it('counts from zero when the gateway was restarted', () => {
    const traffic = trafficBetween(
      look(metrics(100, 5, 100), 0),
      look(metrics(4, 1, 4), 1_000),
      () => true,
    );
    expect(traffic.requests).toBe(5);
    expect(traffic.serverErrors).toBeCloseTo(0.2);
  });

  it('has no share and no percentile without calls', () => {
    const same = metrics(1, 1, 1);
    const traffic = trafficBetween(look(same, 0), look(same, 1_000), () => true);
    expect(traffic).toMatchObject({ requests: 0, rate: 0, serverErrors: 0, p99: undefined });
  });

  it('is that of the RPCs that are wanted', () => {
    const traffic = trafficBetween(
      look(metrics(0, 0, 0), 0),
      look(metrics(9, 0, 9), 1_000),
      (rpc) => serviceOf(rpc) === 'weather',
    );
    expect(traffic.requests).toBe(0);
    expect(serviceOf(RPC)).toBe('order');
    expect(serviceOf('none')).toBe('none');
  });

  it('looks back as far as the window, over at least one look', () => {
    let looks: Look[] = [];
    for (let at = 0; at <= 100; at += 10) looks = addLook(looks, look('', at), 30);
    expect(looks.map((kept) => kept.at)).toEqual([70, 80, 90, 100]);
    expect(addLook(looks, look('', 1_000), 30).map((kept) => kept.at)).toEqual([100, 1_000]);
  });
});
