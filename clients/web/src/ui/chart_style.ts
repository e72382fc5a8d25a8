import type uPlot from 'uplot';

export const HEIGHT = 150;

/** A colour of style.css as it is now; a canvas does not follow variables. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function axis(): uPlot.Axis {
  return {
    stroke: colour('muted'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
}
