import type { Look, Traffic } from '../../api/traffic';
import { percent, rate, seconds } from '../../ui/format';
import { SERVICES, type Summary } from './services';

interface Props {
  look: Look | undefined;
  ready: boolean;
  total: Traffic | undefined;
  traffic: Record<string, Traffic | undefined>;
  summaries: Record<string, Summary | undefined>;
}

const ROW = 66;
const HEIGHT = SERVICES.length * ROW + 10;
const MIDDLE = HEIGHT / 2;

export type Presence = 'ready' | 'not ready' | 'away' | 'not served';

export function presenceOf(look: Look | undefined, full: string): Presence {
  const connected = look?.connected.get(full);
  if (connected === undefined) return 'not served';
  if (!connected) return 'away';
  return look?.serving.get(full) ? 'ready' : 'not ready';
}

/** Those that are reached last, so that their lines are drawn over the others'. */
function drawingOrder(look: Look | undefined) {
  const rows = SERVICES.map((service, i) => ({ service, i }));
  const reached = (full: string) => Number(look?.connected.get(full) ?? false);
  return rows.sort((a, b) => reached(a.service.full) - reached(b.service.full));
}

/** The mesh: who calls whom, and how that goes. The tables below it say the same. */
export function MeshPicture({ look, ready, total, traffic, summaries }: Props) {
  return (
    <div
      className="overflow-x-auto"
      tabIndex={0}
      role="img"
      aria-label="The mesh: clients call the gateway, the gateway calls the services; the numbers of each edge are in the tables below"
    >
      <svg viewBox={`0 0 1000 ${HEIGHT}`} className="w-full min-w-[52rem]" aria-hidden>
        <Edge x1={110} y1={MIDDLE} x2={290} y2={MIDDLE} traffic={total} on />
        <Node x={4} y={MIDDLE} width={106} name="Clients" note="HTTP, SSE" tone="plain" />
        <Node
          x={290}
          y={MIDDLE}
          width={110}
          name="Gateway"
          note={ready ? 'ready' : 'not ready'}
          tone={ready ? 'good' : 'bad'}
        />
        {drawingOrder(look).map(({ service, i }) => {
          const y = i * ROW + ROW / 2 + 5;
          const presence = presenceOf(look, service.full);
          const on = look?.connected.get(service.full) ?? false;
          const tone = TONES[presence];
          return (
            <g key={service.key}>
              <Edge
                fan
                x1={400}
                y1={MIDDLE}
                x2={622}
                y2={y}
                traffic={traffic[service.key]}
                on={on}
              />
              <path d={`M742 ${y}H774`} className="stroke-line" fill="none" />

              <Node x={622} y={y} width={120} name={service.name} note={presence} tone={tone} />

              <Node
                x={774}
                y={y}
                width={222}
                name={service.behind}
                note={summaries[service.key]?.note ?? 'not known'}
                tone="plain"
              />
            </g>
          );
        })}
      </svg>
    </div>
  );
}

const TONES = { ready: 'good', 'not ready': 'bad', away: 'bad', 'not served': 'plain' } as const;
const DOTS = { good: 'fill-good', bad: 'fill-bad', plain: 'fill-none' };

interface NodeProps {
  x: number;
  y: number;
  width: number;
  name: string;
  note: string;
  tone: keyof typeof DOTS;
}

function Node({ x, y, width, name, note, tone }: NodeProps) {
  const dot = tone !== 'plain';
  return (
    <g>
      <rect x={x} y={y - 23} width={width} height={46} rx={5} className="fill-page stroke-line" />
      <text x={x + 10} y={y - 4} className="fill-text" fontSize={13} fontWeight={600}>
        {name}
      </text>
      {dot && <circle cx={x + 14} cy={y + 10} r={4} className={DOTS[tone]} />}
      <text x={x + (dot ? 23 : 10)} y={y + 14} className="fill-muted" fontSize={12}>
        {note}
      </text>
    </g>
  );
}

interface EdgeProps {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  traffic: Traffic | undefined;
  on: boolean;
  fan?: boolean; // one of several from the same place
}

/** A line with its numbers over the last stretch of it. */
function Edge({ x1, y1, x2, y2, traffic, on, fan = false }: EdgeProps) {
  const bend = fan ? x1 + 24 : x1;
  const failing = (traffic?.serverErrors ?? 0) > 0;
  return (
    <g>
      <path
        d={`M${x1} ${y1}H${bend}V${y2}H${x2}`}
        fill="none"
        strokeDasharray={on ? undefined : '4 4'}
        strokeWidth={1.25}
        className={failing ? 'stroke-bad' : on ? 'stroke-accent' : 'stroke-line'}
      />
      {traffic && (
        <text x={bend + 8} y={y2 - 6} fontSize={12} className="fill-text tabular-nums">
          {traffic.requests === 0 ? (
            <tspan className="fill-muted">no calls</tspan>
          ) : (
            <>
              {rate(traffic.rate)}/s
              <tspan dx={8} className={failing ? 'fill-bad' : 'fill-muted'}>
                {percent(traffic.serverErrors)}
              </tspan>
              <tspan dx={8}>{seconds(traffic.p99)}</tspan>
            </>
          )}
        </text>
      )}
    </g>
  );
}
