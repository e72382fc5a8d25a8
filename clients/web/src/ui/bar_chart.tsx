import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { axis, colour, HEIGHT } from './chart_style';
import { DataTable } from './data_table';
import { useDark } from './use_dark';

interface Props {
  label: string;
  unit: string;
  names: string[];
  values: number[];
  format: (value: number) => string;
  empty: string;
}

/** A bar for each name, and the same numbers as a table. */
export function BarChart({ label, unit, names, values, format, empty }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const dark = useDark();
  const joined = names.join('\n');
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const labels = joined.split('\n');
    plot.current = new uPlot(
      {
        width: element.clientWidth || 600,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: [-0.6, labels.length - 0.4] },
          y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] },
        },
        axes: [
          {
            ...axis(),
            size: 26,
            grid: { show: false },
            splits: () => labels.map((_, i) => i),
            values: () => labels,
          },
          { ...axis(), size: 46 },
        ],
        series: [
          {},
          {
            fill: colour('chart-1'),
            paths: uPlot.paths.bars!({ size: [0.7] }),
            points: { show: false },
          },
        ],
      },
      [[], []],
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
  }, [joined, dark]);
  useEffect(() => {
    plot.current?.setData([values.map((_, i) => i), values]);
  }, [values, joined, dark]);

  if (names.length === 0) return <p className="text-muted">{empty}</p>;
  return (
    <figure>
      <figcaption className="mb-1 text-[12px] text-muted">{unit}</figcaption>
      <div ref={box} role="img" aria-label={`${label}; its numbers are in the table below`} />
      <details className="mt-1">
        <summary className="cursor-pointer text-[12px] text-muted">Table</summary>
        <div className="px-3 pt-1">
          <DataTable
            caption={label}
            rows={names.map((name, i) => ({ name, value: values[i]! }))}
            keyOf={(row) => row.name}
            columns={[
              { name: unit, cell: (row) => row.name },
              { name: 'Count', numeric: true, cell: (row) => format(row.value) },
            ]}
            empty={empty}
          />
        </div>
      </details>
    </figure>
  );
}
