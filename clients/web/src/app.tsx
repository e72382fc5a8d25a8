import { type ReactNode, useEffect, useRef } from 'react';
import { ApiPage } from './pages/api/api_page';
import { EnqueuePage } from './pages/enqueue/enqueue_page';
import { KeyTestPage } from './pages/keytest/keytest_page';
import { OrdersPage } from './pages/orders/orders_page';
import { OverviewPage } from './pages/overview/overview_page';
import { PostsPage } from './pages/posts/posts_page';
import { WeatherPage } from './pages/weather/weather_page';
import { followHere, usePath } from './use_path';

// The gateway answers these paths, and no others, with the page (gateway/http/web_pages.cc).
const PAGES: { path: string; name: string; page: ReactNode }[] = [
  { path: '/', name: 'Overview', page: <OverviewPage /> },
  { path: '/ui/enqueue', name: 'Enqueue', page: <EnqueuePage /> },
  { path: '/ui/orders', name: 'Orders', page: <OrdersPage /> },
  { path: '/ui/weather', name: 'Weather', page: <WeatherPage /> },
  { path: '/ui/posts', name: 'Posts', page: <PostsPage /> },
  { path: '/ui/keytest', name: 'KeyTest', page: <KeyTestPage /> },
  { path: '/ui/api', name: 'API', page: <ApiPage /> },
];

export function App() {
  const path = usePath();
  const current = PAGES.find((entry) => entry.path === path) ?? PAGES[0]!;
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = `${current.name} – Trellis`;
    // Who came by a link goes on reading at the new page's title.
    if (!first.current) main.current?.querySelector('h1')?.focus();
    first.current = false;
  }, [current]);
  return (
    <div className="min-h-screen md:grid md:grid-cols-[9.5rem_minmax(0,1fr)]">
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:p-2">
        Skip to the content
      </a>
      <Navigation current={current.path} />
      <main id="main" ref={main} className="mx-auto w-full max-w-[76rem] px-4 py-4 lg:px-6">
        {current.page}
      </main>
    </div>
  );
}

function Navigation({ current }: { current: string }) {
  return (
    <nav
      aria-label="Pages"
      className="border-b border-line bg-panel px-2 py-2 md:sticky md:top-0 md:h-screen md:border-b-0 md:border-r md:py-4"
    >
      <p className="hidden px-2 pb-3 text-[15px] font-semibold tracking-tight md:block">Trellis</p>
      <ul className="flex flex-wrap gap-0.5 md:flex-col">
        {PAGES.map(({ path, name }) => (
          <li key={path}>
            <a
              href={path}
              onClick={followHere}
              aria-current={path === current ? 'page' : undefined}
              className="block rounded px-2 py-1 text-text no-underline hover:bg-sunken aria-[current=page]:bg-sunken aria-[current=page]:font-semibold"
            >
              {name}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
