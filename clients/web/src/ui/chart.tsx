import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { History } from '../live/history';
import { axis, colour, HEIGHT } from './chart_style';
import { DataTable } from './data_table';
import { useDark } from './use_dark';

interface Props {
  label: string;
  unit: string;
  lines: string[];
  history: History;
  format: (value: number | null | undefined) => string;
}

const TABLE_ROWS = 20;
const SPAN_S = 30; // at least so much time is shown

function clock(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour12: false });
}

/** Lines over time, and the same numbers as a table. */
export function Chart({ label, unit, lines, history, format }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const dark = useDark();
  const names = lines.join('\n');

  useEffect(() => {
    const element = box.current!;
    plot.current = new uPlot(
      {
        width: element.clientWidth || 600,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { range: (_, min, max) => [Math.min(min, max - SPAN_S), max] },
          y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] },
        },
        axes: [
          { ...axis(), space: 90, size: 26, values: (_, times) => times.map(clock) },
          { ...axis(), size: 46 },
        ],
        series: [
          {},
          ...names.split('\n').map((name, i) => ({
            label: name,
            stroke: colour(`chart-${i + 1}`),
            width: 1.5,
            points: { show: false },
          })),
        ],
      },
      [[], ...names.split('\n').map(() => [])],
      element,
    );
    const observer = new ResizeObserver(() => {
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
    };
  }, [names, dark]);
  useEffect(() => {
    plot.current?.setData([history.times, ...history.lines]);
  }, [history, names, dark]);

  return (
    <figure>
      <figcaption className="mb-1 flex flex-wrap gap-x-4 text-[12px] text-muted">
        <span>{unit}</span>
        {lines.map((line, i) => (
          <span key={line} className="inline-flex items-center gap-1.5">
            <span
              aria-hidden
              className="h-0.5 w-3"
              style={{ background: `var(--chart-${i + 1})` }}
            />
            {line}{' '}
            <b className="font-semibold text-text tabular-nums">
              {format(history.lines[i]?.at(-1))}
            </b>
          </span>
        ))}
      </figcaption>
      <div ref={box} role="img" aria-label={`${label}; its numbers are in the table below`} />
      <ChartTable label={label} lines={lines} history={history} format={format} />
    </figure>
  );
}

function ChartTable({ label, lines, history, format }: Omit<Props, 'unit'>) {
  const from = Math.max(0, history.times.length - TABLE_ROWS);
  const rows = history.times.slice(from).map((_, i) => from + i);
  return (
    <details className="mt-1">
      <summary className="cursor-pointer text-[12px] text-muted">Table</summary>
      <div className="px-3 pt-1">
        <DataTable
          caption={label}
          rows={rows.reverse()}
          keyOf={(row) => history.times[row]!}
          columns={[
            {
              name: 'Time',
              cell: (row) => clock(history.times[row]!),
            },
            ...lines.map((line, i) => ({
              name: line,
              numeric: true,
              cell: (row: number) => format(history.lines[i]?.[row]),
            })),
          ]}
          empty="Nothing was measured yet; a point comes every second or two."
        />
      </div>
    </details>
  );
}
