import type { ReactNode } from 'react';

export interface Column<Row> {
  name: string;
  numeric?: boolean;
  cell: (row: Row) => ReactNode;
}

interface Props<Row> {
  caption: string; // for those who do not see where it stands
  columns: Column<Row>[];
  rows: Row[];
  keyOf: (row: Row, index: number) => string | number;
  empty: ReactNode; // what to do about it
}

export function DataTable<Row>({ caption, columns, rows, keyOf, empty }: Props<Row>) {
  if (rows.length === 0) return <p className="py-2 text-muted">{empty}</p>;
  return (
    <div
      className="-mx-3 -my-1 overflow-x-auto px-3"
      tabIndex={0}
      role="group"
      aria-label={caption}
    >
      <table className="w-full border-collapse">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr className="border-b border-line text-[12px] text-muted">
            {columns.map((column) => (
              <th key={column.name} scope="col" className={`${cellClass(column)} font-medium`}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={keyOf(row, index)} className="border-b border-line last:border-0">
              {columns.map((column) => (
                <td key={column.name} className={cellClass(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function cellClass(column: { numeric?: boolean }): string {
  const align = column.numeric ? 'text-right tabular-nums whitespace-nowrap' : 'text-left';
  return `px-2 py-1 align-top first:pl-0 last:pr-0 ${align}`;
}
