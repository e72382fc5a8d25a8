// Colours are variables (src/style.css), so that light and dark are one set of classes.
const colour = (name) => `var(--${name})`;

/** @type {import('tailwindcss').Config} */
export default {
  content: ['./index.html', './src/**/*.{ts,tsx}'],
  theme: {
    colors: Object.fromEntries(
      [
        'page',
        'panel',
        'sunken',
        'line',
        'text',
        'muted',
        'accent',
        'on-accent',
        'good',
        'warn',
        'bad',
      ]
        .map((name) => [name, colour(name)])
        .concat([['transparent', 'transparent']]),
    ),
    fontFamily: {
      sans: [
        'Inter',
        'system-ui',
        '-apple-system',
        'Segoe UI',
        'Roboto',
        'Noto Sans',
        'sans-serif',
      ],
      mono: ['ui-monospace', 'SFMono-Regular', 'Menlo', 'Consolas', 'monospace'],
    },
  },
};
