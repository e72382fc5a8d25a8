import { useState } from 'react';
import type { Baseline } from './conservation';

const KEY = 'trellis-stock-baselines';

function load(): Record<string, Baseline> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, Baseline>;
  } catch {
    return {};
  }
}

/** The mesh does not keep what the stock once was, so this browser does. */
export function useBaselines() {
  const [baselines, setBaselines] = useState(load);
  const add = (sku: string, baseline: Baseline) => {
    const all = { ...load(), [sku]: baseline };
    localStorage.setItem(KEY, JSON.stringify(all));
    setBaselines(all);
  };
  return { baselines, add };
}
