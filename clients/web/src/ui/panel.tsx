import type { ReactNode } from 'react';
import { useId } from 'react';

interface Props {
  title: string;
  aside?: ReactNode; // beside the title
  children: ReactNode;
  className?: string;
}

export function Panel({ title, aside, children, className = '' }: Props) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={`rounded-md border border-line bg-panel ${className}`}>
      <header className="flex min-h-9 flex-wrap items-center justify-between gap-2 border-b border-line px-3 py-1">
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      <div className="p-3">{children}</div>
    </section>
  );
}
