import { describe, expect, it } from 'vitest';
import { parseMetrics, quantile, subtractBuckets, sumBuckets } from './prometheus';

describe('parseMetrics', () => {
  it('reads samples with and without labels', () => {
    const text = [
      '# HELP a_total Things.',
      '# TYPE a_total counter',
      'a_total{rpc="x.Y/Z",status="2xx"} 12',
      'up 1 1395066363000',
      'h_bucket{le="+Inf"} 1e+06',
      'low -Inf',
      '',
    ].join('\n');
    expect(parseMetrics(text)).toEqual([
      { name: 'a_total', labels: { rpc: 'x.Y/Z', status: '2xx' }, value: 12 },
      { name: 'up', labels: {}, value: 1 },
      { name: 'h_bucket', labels: { le: '+Inf' }, value: 1e6 },
      { name: 'low', labels: {}, value: -Infinity },
    ]);
  });

  it('undoes the escapes of labels, which may hold braces and commas', () => {
    const [sample] = parseMetrics(String.raw`a{path="C:\\d",text="say \"hi\", {x}\n"} 3`);
    expect(sample).toEqual({
      name: 'a',
      labels: { path: 'C:\\d', text: 'say "hi", {x}\n' },
      value: 3,
    });
  });

  it('leaves out what is no sample', () => {
    expect(parseMetrics('a\nb{x="1"}\n{x="1"} 2\nc word\nd NaN\n<html>')).toEqual([]);
  });
});

describe('quantile', () => {
  const buckets = new Map([
    [0.1, 10],
    [0.2, 30],
    [Infinity, 40],
  ]);

  it('is linear within a bucket, as in Prometheus', () => {
    expect(quantile(buckets, 0.125)).toBeCloseTo(0.05);
    expect(quantile(buckets, 0.5)).toBeCloseTo(0.15);
  });

  it('is the highest bound for what lies beyond it', () => {
    expect(quantile(buckets, 0.99)).toBe(0.2);
  });

  it('passes over empty buckets', () => {
    const sparse = new Map([
      [1, 0],
      [2, 0],
      [4, 8],
      [Infinity, 8],
    ]);
    expect(quantile(sparse, 0.5)).toBe(3);
  });

  it('is unknown without observations', () => {
    expect(quantile(new Map(), 0.5)).toBeUndefined();
    expect(quantile(new Map([[Infinity, 0]]), 0.5)).toBeUndefined();
  });
});

describe('buckets', () => {
  it('are added by bound', () => {
    const sum = sumBuckets([
      new Map([
        [1, 2],
        [Infinity, 3],
      ]),
      new Map([
        [1, 1],
        [Infinity, 1],
      ]),
    ]);
    expect([...sum]).toEqual([
      [1, 3],
      [Infinity, 4],
    ]);
  });

  it('are subtracted, but not from those of a process that has started anew', () => {
    const before = new Map([[1, 5]]);
    expect([...subtractBuckets(new Map([[1, 7]]), before)]).toEqual([[1, 2]]);
    expect([...subtractBuckets(new Map([[1, 3]]), before)]).toEqual([[1, 3]]);
  });
});
